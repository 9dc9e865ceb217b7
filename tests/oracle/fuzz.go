package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Writes COUNT cases of random templates, one a line, for `serve` and for the C++ renderer. Most are well-formed.
func fuzz(output io.Writer, seed uint64, count int) error {
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for i := range count {
		maker := &maker{random: rand.New(rand.NewPCG(seed, uint64(i)))}
		one := test{
			Name:     fmt.Sprintf("%d-%d", seed, i),
			Template: maker.template(),
			Data:     json.RawMessage(fuzzData),
		}
		if err := encoder.Encode(one); err != nil {
			return err
		}
	}
	return nil
}

const fuzzData = `{"i":42,"n":-7,"f":2.5,"z":0,"s":"hello, wörld","e":"","t":true,"u":{"$uint64":9},"l":[1,"two",3.5,null,[4,5]],"w":{"$strings":["b","a","c"]},"m":{"a":1,"b":{"c":"deep"},"k":null},"sm":{"$stringmap":{"x":"1","y":"2"}},"nil":null,"big":123456789012,"tiny":1e-9,"empty":[],"emptymap":{}}`

type maker struct {
	random    *rand.Rand
	variables []string
	loops     int
	depth     int
}

func (m *maker) pick(all ...string) string { return all[m.random.IntN(len(all))] }
func (m *maker) chance(percent int) bool   { return m.random.IntN(100) < percent }

func (m *maker) template() string {
	text := ""
	if m.chance(20) {
		text += `{{define "part"}}` + m.items(1) + `{{end}}`
	}
	text += m.items(3)
	if m.chance(8) { // something broken
		place := m.random.IntN(len(text) + 1)
		text = text[:place] + m.pick("{{", "}}", "|", "(", ")", "\"", ".", "$", "'", "{{end}}", "{{else}}", ":=", "=", "-", ",", "`", "0x", "1e", "é") + text[place:]
	}
	return text
}

func (m *maker) items(depth int) string {
	var text strings.Builder
	for range 1 + m.random.IntN(4) {
		text.WriteString(m.item(depth))
	}
	return text.String()
}

func (m *maker) action(inner string) string {
	left, right := "{{", "}}"
	if m.chance(15) {
		left = "{{- "
	}
	if m.chance(15) {
		right = " -}}"
	}
	return left + inner + right
}

func (m *maker) item(depth int) string {
	if depth <= 0 || m.chance(55) {
		switch m.random.IntN(10) {
		case 0:
			return m.pick("text", " \n ", "\t", "a b\n", "\r\n", "}", "{", "")
		case 1:
			return m.action("/* " + m.pick("note", "", "a\nb") + " */")
		case 2:
			name := m.pick("$a", "$b", "$c")
			value := m.pipeline(2)
			m.variables = append(m.variables, name)
			return m.action(name + " := " + value)
		case 3:
			if len(m.variables) > 0 {
				return m.action(m.pick(m.variables...) + " = " + m.pipeline(2))
			}
		case 4:
			if m.loops > 0 && m.chance(40) {
				return m.action(m.pick("break", "continue"))
			}
		case 5:
			return m.action(`template ` + m.pick(`"part"`, `"part"`, `"none"`) + m.pick("", " .", " .m", " "+m.operand(1)))
		}
		return m.action(m.pipeline(2))
	}
	known := len(m.variables)
	defer func() { m.variables = m.variables[:known] }()
	switch m.random.IntN(4) {
	case 0:
		text := m.action("if "+m.pipeline(2)) + m.items(depth-1)
		if m.chance(30) {
			text += m.action("else if "+m.pipeline(1)) + m.items(depth-1)
		}
		if m.chance(40) {
			text += m.action("else") + m.items(depth-1)
		}
		return text + m.action("end")
	case 1:
		text := m.action("with "+m.declared(1)+m.pipeline(2)) + m.items(depth-1)
		if m.chance(20) {
			text += m.action("else with "+m.pipeline(1)) + m.items(depth-1)
		}
		if m.chance(40) {
			text += m.action("else") + m.items(depth-1)
		}
		return text + m.action("end")
	default:
		over := m.pick(".l", ".w", ".m", ".sm", ".empty", "3", ".z", "(slice .w 1)", "$.l", "$.m", m.pipeline(1))
		text := m.action("range " + m.declared(2) + over)
		m.loops++
		text += m.items(depth - 1)
		m.loops--
		if m.chance(30) {
			text += m.action("else") + m.items(depth-1)
		}
		return text + m.action("end")
	}
}

func (m *maker) declared(most int) string {
	if m.chance(50) {
		return ""
	}
	names := []string{m.pick("$a", "$b")}
	if most > 1 && m.chance(50) {
		names = append(names, m.pick("$c", "$d"))
	}
	m.variables = append(m.variables, names...)
	return strings.Join(names, ", ") + " := "
}

func (m *maker) pipeline(depth int) string {
	text := m.command(depth)
	for m.chance(20) {
		text += " | " + m.pick("print", "printf \"%v\"", "len", "not", "html", "js", "urlquery", "eq 1", "index .l", "printf "+m.format(), "and 1", "or 0", "println")
	}
	return text
}

func (m *maker) command(depth int) string {
	if depth <= 0 || m.chance(40) {
		return m.operand(depth)
	}
	a := func() string { return m.operand(depth - 1) }
	switch m.random.IntN(12) {
	case 0:
		return "printf " + m.format() + " " + a() + m.pick("", " "+a())
	case 1:
		return "print " + a() + " " + a()
	case 2:
		return m.pick("eq", "ne", "lt", "le", "gt", "ge") + " " + a() + " " + a()
	case 3:
		return m.pick("and", "or") + " " + a() + " " + a() + m.pick("", " "+a())
	case 4:
		return "not " + a()
	case 5:
		return "len " + a()
	case 6:
		return "index " + m.pick(".l", ".w", ".m", ".s", ".sm", a()) + " " + m.pick("0", "1", "2", "\"a\"", "\"b\"", "\"x\"", "9", a())
	case 7:
		return "slice " + m.pick(".w", ".s", a()) + " " + m.pick("0", "1", "2", "3") + m.pick("", " 2", " 3")
	case 8:
		return m.pick("html", "js", "urlquery") + " " + a()
	case 9:
		return "println " + a()
	case 10:
		return "eq " + a() + " " + a() + " " + a()
	default:
		return a()
	}
}

func (m *maker) format() string {
	verb := func() string {
		flags := m.pick("", "", "", "#", "0", "+", "-", " ", "+#", "-0")
		width := m.pick("", "", "5", "12")
		precision := m.pick("", "", ".2", ".0", ".8")
		return "%" + flags + width + precision + m.pick("v", "v", "d", "s", "q", "x", "X", "o", "O", "b", "c", "U", "t", "e", "f", "g", "G", "E", "T", "%", "y")
	}
	text := verb()
	for m.chance(30) {
		text += m.pick(" ", ":", "é") + verb()
	}
	return `"` + text + `"`
}

func (m *maker) operand(depth int) string {
	if depth > 0 && m.chance(25) {
		text := "(" + m.pipeline(depth-1) + ")"
		if m.chance(20) {
			text += m.pick(".a", ".b", ".b.c", ".x")
		}
		return text
	}
	switch m.random.IntN(6) {
	case 0:
		return m.pick("1", "0", "-3", "0x1F", "1_000", "1.5", "1e3", "'x'", "0b11", "0o17", "017", ".5", "1e-7", "-0", "+2", "'\\n'", "99999999999999999999", "18446744073709551615", "0x1p4")
	case 1:
		return m.pick(`"text"`, "`raw`", `""`, `"a\tb"`, `"<a href='x'>"`, `"é\u00e9\x41"`, `"%d"`)
	case 2:
		if len(m.variables) > 0 {
			return m.pick(m.variables...) + m.pick("", "", ".a", ".b.c")
		}
		return m.pick("$", "$.i", "$.m.a", "$.m.b")
	case 3:
		return m.pick("true", "false", "nil", ".", ".")
	default:
		return m.pick(".i", ".n", ".f", ".z", ".s", ".e", ".t", ".u", ".l", ".w", ".m", ".m.a", ".m.b.c", ".m.k", ".m.none", ".sm", ".sm.x", ".sm.q", ".nil", ".big", ".tiny", ".empty", ".none", ".none.more", ".s.x", ".emptymap")
	}
}
