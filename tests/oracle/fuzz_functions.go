package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Writes COUNT cases that call Consul Template's functions with random arguments, most of them of the right types.
func fuzzFunctions(output io.Writer, seed uint64, count int) error {
	encoder := json.NewEncoder(output)
	encoder.SetEscapeHTML(false)
	for i := range count {
		caller := &caller{random: rand.New(rand.NewPCG(seed, uint64(i)))}
		one := test{
			Name:     fmt.Sprintf("f%d-%d", seed, i),
			Template: caller.template(),
			Options:  []string{"consul"},
			Data:     json.RawMessage(fuzzData),
		}
		if err := encoder.Encode(one); err != nil {
			return err
		}
	}
	return nil
}

// Functions by what they return, each with the types of its arguments: t text, i number, l list, m map, a anything,
// s list of texts, b truth, r number with a point, p pattern, v version, c condition, u URL, y YAML, j JSON, o time,
// d layout of a time, k text of a time, q duration, e seconds since 1970, z zone, + again.
var callable = map[byte][]string{
	't': {
		"toLower t", "toUpper t", "toTitle t", "trim t t", "trimSpace t", "trimPrefix t t", "trimSuffix t t",
		"replaceAll t t t", "join t s", "indent i t", "regexReplaceAll p t t", "base64Encode t", "base64Decode t",
		"base64URLEncode t", "base64URLDecode t", "sha256Hex t", "md5sum t", "hmacSHA256Hex t t", "toJSON a",
		"toJSONPretty a", "toUnescapedJSON a", "toYAML a", "toYAML a", "toYAML m", "toTOML m", "toTOML a", "print a a",
		"printf \"%v|%q\" a a", "spew_sdump a", "spew_sprintf \"%v %d\" t i",
		"sprig_abbrev i t", "sprig_abbrevboth i i t", "sprig_trunc i t", "sprig_trim t", "sprig_upper t", "sprig_lower t",
		"sprig_title t", "sprig_untitle t", "sprig_substr i i t", "sprig_repeat i t", "sprig_trimAll t t",
		"sprig_trimSuffix t t", "sprig_trimPrefix t t", "sprig_nospace t", "sprig_initials t", "sprig_swapcase t",
		"sprig_snakecase t", "sprig_camelcase t", "sprig_kebabcase t", "sprig_wrap i t", "sprig_wrapWith i t t",
		"sprig_quote a+", "sprig_squote a+", "sprig_cat a+", "sprig_indent i t", "sprig_nindent i t", "sprig_replace t t t",
		"sprig_plural t t i", "sprig_sha1sum t", "sprig_sha256sum t", "sprig_adler32sum t", "sprig_toString a",
		"sprig_join t a", "sprig_toJson a", "sprig_toPrettyJson a", "sprig_toRawJson a", "sprig_typeOf a", "sprig_kindOf a",
		"sprig_base t", "sprig_dir t", "sprig_clean t", "sprig_ext t", "sprig_b64enc t", "sprig_b64dec t", "sprig_b32enc t",
		"sprig_b32dec t", "sprig_regexFind p t", "sprig_regexReplaceAll p t t", "sprig_regexReplaceAllLiteral p t t",
		"sprig_regexQuoteMeta t", "sprig_duration a", "sprig_durationRound a", "sprig_seq i+", "sprig_urlJoin (sprig_urlParse u)",
		"sprig_semver v", "sprig_decryptAES t t", "sprig_decryptAES t (base64Encode t)", "sprig_date d e", "sprig_date d o",
		"sprig_dateInZone d e z", "sprig_date_in_zone d o z", "sprig_htmlDate e", "sprig_htmlDateInZone o z",
		"sprig_unixEpoch o", "toJSON o", "toYAML o", "print o a", "printf \"%v|%q\" o o",
	},
	'o': {
		"sprig_toDate d k", "sprig_mustToDate d k", "sprig_dateModify q o", "sprig_mustDateModify q o", "sprig_date_modify t o",
	},
	'i': {
		"add a a", "subtract a a", "multiply a a", "divide a a", "modulo a a", "minimum a a", "maximum a a", "parseInt t",
		"parseUint t", "parseFloat t", "len a", "sprig_atoi t", "sprig_int64 a", "sprig_int a", "sprig_float64 a",
		"sprig_toDecimal a", "sprig_add1 a", "sprig_add a+", "sprig_sub a a", "sprig_div a a", "sprig_mod a a", "sprig_mul a a+",
		"sprig_add1f a", "sprig_addf a+", "sprig_subf a a+", "sprig_divf a a+", "sprig_mulf a a+", "sprig_max a a+",
		"sprig_min a a+", "sprig_maxf a a+", "sprig_minf a a+", "sprig_ceil a", "sprig_floor a", "sprig_round a i",
		"sprig_round a i r",
	},
	'b': {
		"contains a a", "containsAll l a", "containsAny l a", "containsNone l a", "containsNotAll l a", "regexMatch p t",
		"parseBool t", "sprig_contains t t", "sprig_hasPrefix t t", "sprig_hasSuffix t t", "sprig_empty a", "sprig_all a+",
		"sprig_any a+", "sprig_deepEqual a a", "sprig_isAbs t", "sprig_hasKey m t", "sprig_has a l", "sprig_typeIs t a",
		"sprig_kindIs t a", "sprig_regexMatch p t", "sprig_semverCompare c v", "sprig_semverCompare c v", "eq a a", "not a",
	},
	'l': {
		"sprig_list a+", "sprig_append l a", "sprig_prepend l a", "sprig_rest l", "sprig_initial l", "sprig_reverse l",
		"sprig_compact l", "sprig_uniq l", "sprig_without l a+", "sprig_concat l l", "sprig_chunk i l", "sprig_slice l i",
		"sprig_slice l i i", "sprig_pluck t m+", "parseJSON j", "sprig_until i", "sprig_untilStep i i i",
	},
	's': {
		"split t t", "sprig_splitList t t", "sprig_toStrings a", "sprig_sortAlpha a", "sprig_regexFindAll p t i",
		"sprig_regexSplit p t i",
	},
	'm': {
		"sprig_dict t a", "sprig_dict t a t a", "sprig_set m t a", "sprig_unset m t", "sprig_pick m t", "sprig_omit m t",
		"sprig_merge m m", "sprig_mergeOverwrite m m", "mergeMap m m", "mergeMapWithOverride m m", "explodeMap m",
		"sprig_urlParse u", "sprig_deepCopy m",
	},
	'a': {
		"sprig_first l", "sprig_last l", "sprig_default a a", "sprig_coalesce a+", "sprig_ternary a a b", "sprig_get m t",
		"sprig_dig t a m", "sprig_dig t t a m", "parseYAML y", "parseYAML y", "parseJSON j", "sprig_fromJson j", "index l i",
		"sprig_split t t", "sprig_splitn t i t", "splitToMap t t t", "parseYAML (toYAML a)", "parseJSON (toJSON a)",
	},
}

type caller struct{ random *rand.Rand }

func (c *caller) pick(all ...string) string { return all[c.random.IntN(len(all))] }
func (c *caller) chance(percent int) bool   { return c.random.IntN(100) < percent }

func (c *caller) template() string {
	var text strings.Builder
	for range 1 + c.random.IntN(3) {
		if c.chance(20) {
			fmt.Fprintf(&text, "{{$m := %s}}{{%s}}{{$m}} ", c.argument('m', 2), c.argument('a', 2))
			continue
		}
		kind := "tttiblsmao"[c.random.IntN(10)]
		fmt.Fprintf(&text, "{{%s}} ", c.call(kind, 3))
	}
	return text.String()
}

func (c *caller) call(kind byte, depth int) string {
	words := strings.Fields(callable[kind][c.random.IntN(len(callable[kind]))])
	// Names with arguments in parentheses or quotes stay as they are.
	for i, word := range words {
		if i == 0 {
			continue
		}
		bare := strings.Trim(word, "()+")
		if len(bare) != 1 || !strings.Contains("tilmasbrpvcuyjodkqez", bare) {
			continue
		}
		made := c.argument(bare[0], depth-1)
		if strings.HasSuffix(word, "+") {
			for c.chance(50) {
				made += " " + c.argument(bare[0], depth-1)
			}
		}
		words[i] = strings.Replace(strings.TrimSuffix(word, "+"), bare, made, 1)
	}
	return strings.Join(words, " ")
}

func (c *caller) argument(kind byte, depth int) string {
	// What is no time is now for sprig, and the two sides do not look at the clock at once.
	if kind != 'e' && kind != 'o' && c.chance(3) {
		kind = "tilma"[c.random.IntN(5)]
	}
	if kind == 'a' && c.chance(60) {
		kind = "tilmsb"[c.random.IntN(6)]
	}
	if depth > 0 && c.chance(40) && callable[kind] != nil {
		return "(" + c.call(kind, depth) + ")"
	}
	switch kind {
	case 't':
		return c.text()
	case 'i':
		return c.pick("0", "1", "2", "3", "5", "10", "-1", "-2", "7", "40")
	case 'r':
		return c.pick("0.5", "0.1", "1.0")
	case 'b':
		return c.pick("true", "false")
	case 'l':
		return c.pick("data.l", "(sprig_list 1 2 3)", "(sprig_list)", "(sprig_list \"a\" nil 2.5)", "data.w", "(sprig_until 4)")
	case 's':
		return c.pick("data.w", "(split \",\" \"x,y,,z\")", "(split \",\" \"\")")
	case 'm':
		return c.pick("(sprig_dict)", "(sprig_dict \"a\" 1 \"b\" \"two\")", "(sprig_dict \"k\" (sprig_dict \"x\" nil \"y\" 2))",
			"(parseJSON \"{\\\"a/b\\\":1,\\\"c\\\":{\\\"d\\\":[1,{}]},\\\"e\\\":\\\"\\\"}\")")
	case 'p':
		return c.pick("\"a\"", "\"[a-z]+\"", "\"(a|b)*\"", "\"^.\"", "\"\\\\s*\"", "\"(\"", "\"\"", "\"(?i)A\"", "\"x*\"", "\"$\"", "\"(\\\\w)(\\\\w)?\"", "\"[^a]\"", "\"\\\\b\"")
	case 'v':
		return c.pick("\"1.2.3\"", "\"v2.0\"", "\"1.2.3-rc.1\"", "\"0.0.3+m\"", "\"x\"", "\"1\"", "\"1.2.3-01\"", "\"1.0.0-a.b\"")
	case 'c':
		text := ""
		for {
			text += c.pick("", "=", "!=", ">", "<", ">=", "<=", "~", "~>", "^", " ", "=>") +
				c.pick("1", "1.2", "1.2.3", "0", "0.0.3", "2.x", "*", "1.2.x", "1.2.3-rc", "v1", "0.2", "1.2.3+m", "X")
			if c.chance(60) {
				break
			}
			text += c.pick(" ", ",", ", ", " || ", "||", " - ", "-")
		}
		return strconv.Quote(text)
	case 'u':
		text := c.pick("http", "https", "ftp", "mailto", "", "1a", "HTTP") + c.pick("://", ":", "//", "/", "") +
			c.pick("", "u@", "u:p@", "u%20:p%40@", "a@b@") + c.pick("h", "h:80", "[::1]", "[::1]:9", "", "h:", "é", "a,b", "h:x", "1.2.3.4", "%68", "a b") +
			c.pick("", "/", "/a%20b", "/a b", "/a/../b", "/%", "/é", "/a;b") + c.pick("", "?", "?q=1&r=%20", "?a?b") + c.pick("", "#", "#f%20", "#f g", "#%")
		return strconv.Quote(text)
	case 'o':
		layout := strconv.Quote(c.layout())
		return fmt.Sprintf("(sprig_toDate %s (sprig_dateInZone %s %s %s))", layout, layout, c.argument('e', 0), c.argument('z', 0))
	case 'd':
		return strconv.Quote(c.layout())
	case 'k':
		return strconv.Quote(c.pick("2024-02-29", "2023-02-29", "12:30:45.5", "Feb  9 2021", "2024-07-01T12:30:45+05:45", "12:30 PM",
			"2024 060", "Tue", "CEST", "GMT+3", "-0330", "", "1", "07"))
	case 'q':
		return strconv.Quote(c.pick("", "-", "+") + c.pick("1", "0", "1.5", "90", ".5", "2562047", "1h", "") + c.pick("h", "m", "s", "ms", "ns", "us", "d", ""))
	case 'e':
		return c.pick("0", "1", "-1", "1700000000", "951782400", "1711846800", "1729990799", "4102444800", "-5000000000", "253402300800",
			strconv.FormatInt(c.random.Int64N(1<<35)-1<<34, 10))
	case 'z':
		return strconv.Quote(c.pick("UTC", "", "Local", "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu", "America/St_Johns", "Etc/GMT+5", "No"))
	case 'y':
		return strconv.Quote(c.yaml(2))
	case 'j':
		return strconv.Quote(c.json(2))
	}
	return c.pick("nil", "1", "\"text\"", "2.5", "true", "data.m", "data.l", "data.sm", "data.u", "data.nil", "-7", "1e21", "0.1", "data.w")
}

func (c *caller) layout() string {
	text := ""
	for range 1 + c.random.IntN(8) {
		text += c.pick("2006", "06", "01", "1", "Jan", "January", "02", "2", "_2", "002", "__2", "Mon", "Monday", "15", "03", "3", "04", "4", "05",
			"5", "PM", "pm", "MST", "-0700", "-07:00", "-07", "-07:00:00", "-070000", "Z07:00", "Z0700", "Z07", "Z07:00:00", ".000", ".999", ",00",
			"2006-01-02", "15:04:05", "2006-01-02T15:04:05Z07:00", "x", "é", "0", "_") + c.pick(" ", " ", "-", "/", ":", "", "", "  ", ".")
	}
	return text
}

func (c *caller) text() string {
	const letters = "abcABCXyz  \t\n.,:;-_/\\'\"#&*!|>%@`0123456789[]{}éÉßǆ日😀\u00a0\u0085\u2028"
	if c.chance(50) {
		return strconv.Quote(c.pick("", "a", "abc", "Hello World", "HTTPServer2xx", "a,b,,c", "a=1,b=2", "1.50", "12", "-3", "0x1F", "1e3", "true",
			"yes", "null", "~", "2001-01-01", "12:30", "a: b", "- x", "# c", "x\ny\n", "  pad  ", "a/b/../c", "YWJj", "MFRGG===", "1h30m", "95", "\xff\xfe",
			"99999999999999999999", "some_snake_case", "kebab-case-word", "ÜBER größe", "tab\there", "a\x00b", "line one\nline two\n\nline four"))
	}
	runes := []rune(letters)
	var text strings.Builder
	for range c.random.IntN(14) {
		text.WriteRune(runes[c.random.IntN(len(runes))])
	}
	return strconv.Quote(text.String())
}

func (c *caller) scalar() string {
	return c.pick("1", "-1", "2.5", "text", "'q u'", "\"d\\n\"", "true", "no", "~", "", "0x1F", "010", "1_0", ".5", "1e3", ".inf", "2001-01-01", "a b", "!!str 1", "!!float 2", "!!int x", "x: y", "&a b", "*a", "- z", "[", "}", "'", "é", "<<", "=", "@", "%")
}

func (c *caller) yaml(depth int) string {
	indent := strings.Repeat("  ", 2-depth)
	if depth == 0 || c.chance(40) {
		return c.scalar()
	}
	var text strings.Builder
	isMap := c.chance(60)
	for range 1 + c.random.IntN(3) {
		head := "-"
		if isMap {
			head = c.pick("a", "b", "c", "1", "true", "<<", "\"q\"", "? k", "2.5", "~") + ":"
		}
		if c.chance(30) && depth > 1 {
			text.WriteString(indent + head + c.pick("", " |", " >", " &a", "") + "\n" + indent + "  " + c.yaml(depth-1) + "\n")
			continue
		}
		text.WriteString(indent + head + " " + c.pick(c.scalar(), c.scalar(), "["+c.scalar()+", "+c.scalar()+"]", "{x: "+c.scalar()+"}") + c.pick("\n", "\n", " # c\n", "\n\n", "\r\n"))
	}
	return text.String()
}

func (c *caller) json(depth int) string {
	if depth == 0 || c.chance(40) {
		return c.pick("1", "-2.5", "\"t\"", "null", "true", "1e3", "\"\\u00e9\"", "x", "", "[", "\"", "01", "1.", "\"\\x\"")
	}
	if c.chance(50) {
		return "[" + c.json(depth-1) + "," + c.json(depth-1) + "]"
	}
	return "{\"a\":" + c.json(depth-1) + ",\"b\":" + c.json(depth-1) + c.pick("}", "}", ",\"a\":2}", ",}")
}
