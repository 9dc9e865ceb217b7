// The oracle: renders templates with Go's own text/template, or with Consul Template's own template package, and says
// what came out. How to use it is in README.md.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"

	"github.com/Masterminds/sprig/v3"
	consul "github.com/hashicorp/consul-template/template"
)

// One case, as cases/*.txt has it and as `serve` reads it, one a line.
type test struct {
	Name     string          `json:"name"`
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data,omitempty"`
	Options  []string        `json:"options,omitempty"`
}

// What came out. Text that is no UTF-8 is in base64.
type answer struct {
	Name     string  `json:"name"`
	Output   *string `json:"output,omitempty"`
	Output64 *string `json:"output64,omitempty"`
	Error    *string `json:"error,omitempty"`
}

func (t test) option(name string) (string, bool) {
	for _, each := range t.Options {
		key, value, _ := strings.Cut(each, "=")
		if key == name {
			return value, true
		}
	}
	return "", false
}

func (t test) delimiters() (string, string) {
	marks, _ := t.option("delims")
	left, right, _ := strings.Cut(marks, ",")
	return left, right
}

func (t test) render() (string, error) {
	data, err := decode(t.Data)
	if err != nil {
		return "", fmt.Errorf("data: %w", err)
	}
	if _, ok := t.option("consul"); ok {
		return t.renderConsul(data)
	}
	left, right := t.delimiters()
	made := template.New("t").Delims(left, right)
	if missing, ok := t.option("missing"); ok {
		made = made.Option("missingkey=" + missing)
	}
	if made, err = made.Parse(t.Template); err != nil {
		return "", err
	}
	output := limited{deadline: time.Now().Add(longest)}
	err = made.Execute(&output, data)
	return output.String(), err
}

// How long a template may take: one that calls itself twice would need longer than anybody waits.
const longest = 5 * time.Second

// limited ends a rendering that goes on for too long, or writes too much.
type limited struct {
	bytes.Buffer
	deadline time.Time
}

var errUnending = errors.New("oracle: the template does not end")

func (l *limited) Write(more []byte) (int, error) {
	if l.Len()+len(more) > 64<<20 || time.Now().After(l.deadline) {
		return 0, errUnending
	}
	return l.Buffer.Write(more)
}

// Consul Template gives its templates no dot: the data is what the function `data` returns.
func (t test) renderConsul(data any) (string, error) {
	left, right := t.delimiters()
	missing, _ := t.option("missing")
	made, err := consul.NewTemplate(&consul.NewTemplateInput{
		Contents:      t.Template,
		LeftDelim:     left,
		RightDelim:    right,
		ErrMissingKey: missing == "error",
		ExtFuncMap:    functions(data),
	})
	if err != nil {
		return "", err
	}
	result, err := made.Execute(&consul.ExecuteInput{
		Brain: consul.NewBrain(),
		Env:   []string{"ORACLE_COLOUR=blue", "ORACLE_EMPTY="},
	})
	if err != nil {
		text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "execute: "), "parse: ")
		return "", fmt.Errorf("%s", text)
	}
	return string(result.Output), nil
}

// Those of sprig that ask the clock or for this machine's zone Consul Template leaves out, and drcon does not.
func functions(data any) map[string]any {
	all := map[string]any{"data": func() any { return data }}
	known := sprig.TxtFuncMap()
	for _, name := range []string{
		"date", "dateInZone", "date_in_zone", "dateModify", "date_modify", "htmlDate", "htmlDateInZone", "now",
	} {
		all["sprig_"+name] = known[name]
	}
	return all
}

func (t test) answer() (result answer) {
	result.Name = t.Name
	defer func() {
		if wrong := recover(); wrong != nil {
			text := fmt.Sprintf("panic: %v", wrong)
			result = answer{Name: t.Name, Error: &text}
		}
	}()
	output, err := t.render()
	if err != nil {
		text := err.Error()
		result.Error = &text
		return result
	}
	if utf8.ValidString(output) {
		result.Output = &output
	} else {
		text := base64.StdEncoding.EncodeToString([]byte(output))
		result.Output64 = &text
	}
	return result
}

// The answer, or that there is none in time. What goes on in that case is left behind.
func (t test) answerInTime() answer {
	done := make(chan answer, 1)
	go func() { done <- t.answer() }()
	select {
	case result := <-done:
		return result
	case <-time.After(2 * longest):
		text := errUnending.Error()
		return answer{Name: t.Name, Error: &text}
	}
}

func serve() error {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := json.NewEncoder(os.Stdout)
	output.SetEscapeHTML(false)
	decoder := json.NewDecoder(input)
	for decoder.More() {
		var one test
		if err := decoder.Decode(&one); err != nil {
			return err
		}
		if err := output.Encode(one.answerInTime()); err != nil {
			return err
		}
	}
	return nil
}

// Writes the file of golden/ that belongs to each of cases/.
func golden() error {
	files, err := filepath.Glob("cases/*.txt")
	if err != nil {
		return err
	}
	total := 0
	for _, file := range files {
		all, err := readCases(file)
		if err != nil {
			return err
		}
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		for _, each := range all {
			if err := encoder.Encode(each.answer()); err != nil {
				return err
			}
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt") + ".jsonl"
		if err := os.WriteFile(filepath.Join("golden", name), text.Bytes(), 0o644); err != nil {
			return err
		}
		total += len(all)
	}
	fmt.Println(total, "cases")
	return nil
}

var makers = map[string]func(io.Writer, uint64, int) error{
	"fuzz":           fuzz,
	"fuzz-functions": fuzzFunctions,
}

func main() {
	if err := setZones(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var err error
	switch strings.Join(os.Args[1:], " ") {
	case "golden":
		err = golden()
	case "published":
		err = published()
	case "serve":
		err = serve()
	case "fuzz":
		err = fuzz(os.Stdout, 1, 1000)
	default:
		if len(os.Args) == 4 && strings.HasPrefix(os.Args[1], "fuzz") {
			var seed uint64
			var count int
			if _, err = fmt.Sscan(os.Args[2], &seed); err == nil {
				if _, err = fmt.Sscan(os.Args[3], &count); err == nil {
					err = makers[os.Args[1]](os.Stdout, seed, count)
				}
			}
			break
		}
		err = fmt.Errorf("usage: oracle golden | published | serve | fuzz SEED COUNT | fuzz-functions SEED COUNT")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
