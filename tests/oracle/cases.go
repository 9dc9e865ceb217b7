package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A case begins with "== NAME [OPTION …]", where an option is `consul`, `missing=error`, `missing=zero`,
// `delims=LEFT,RIGHT` or `quoted` (the template is a Go string). The lines up to one that begins with "-- " are the
// template, without the last line's end; behind "-- " is the data as JSON. Lines in front of the first case are comments.
func readCases(file string) ([]test, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all []test
	parts := strings.Split("\n"+strings.TrimSuffix(string(text), "\n"), "\n== ")
	for _, part := range parts[1:] {
		header, body, _ := strings.Cut(part, "\n")
		words := strings.Fields(header)
		one := test{Name: words[0], Options: words[1:]}
		if mark := strings.LastIndex("\n"+body, "\n-- "); mark >= 0 {
			one.Data = json.RawMessage(body[mark+3:])
			body = strings.TrimSuffix(body[:mark], "\n")
		}
		one.Template = body
		if _, ok := one.option("quoted"); ok {
			if one.Template, err = strconv.Unquote(body); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", file, one.Name, err)
			}
		}
		all = append(all, one)
	}
	return all, nil
}
