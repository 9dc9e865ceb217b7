// Writes plugins/common/templating/format/unicode_tables.inc: what Go takes for letters, digits and printable
// characters, and how it changes their case. Run in tests/oracle:
//
//	go run ./unicode > ../../plugins/common/templating/format/unicode_tables.inc
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// Prints an array of C++, as many items in a line as fit.
func table(head string, items []string) {
	fmt.Printf("constexpr %s[] = {\n", head)
	line := ""
	for _, each := range items {
		if len(line)+len(each) > 110 {
			fmt.Println("    " + strings.TrimSpace(line))
			line = ""
		}
		line += " " + each
	}
	fmt.Println("    " + strings.TrimSpace(line))
	fmt.Println("};")
}

func ranges(name string, is func(rune) bool) {
	var items []string
	first := rune(-1)
	for r := rune(0); r <= unicode.MaxRune+1; r++ {
		in := r <= unicode.MaxRune && is(r)
		if in && first < 0 {
			first = r
		}
		if !in && first >= 0 {
			items = append(items, fmt.Sprintf("{%#x, %#x},", first, r-1))
			first = -1
		}
	}
	table("range "+name, items)
}

// Ranges of characters that change by the same distance, each or every other one.
func mapping(name string, change func(rune) rune) {
	type item struct{ first, last, step, delta rune }
	var all []item
	for r := rune(0); r <= unicode.MaxRune; r++ {
		delta := change(r) - r
		if delta == 0 {
			continue
		}
		if n := len(all); n > 0 && all[n-1].delta == delta {
			last := &all[n-1]
			step := r - last.last
			if step <= 2 && (last.first == last.last || last.step == step) {
				last.last, last.step = r, step
				continue
			}
		}
		all = append(all, item{r, r, 1, delta})
	}
	var items []string
	for _, each := range all {
		items = append(items, fmt.Sprintf("{%#x, %#x, %d, %d},", each.first, each.last, each.step, each.delta))
	}
	table("change "+name, items)
}

// Characters that a word begins with otherwise than Go's unicode.ToTitle has it: most become several.
func longTitles() {
	words := cases.Title(language.Und, cases.NoLower)
	var items []string
	for r := rune(0); r <= unicode.MaxRune; r++ {
		text := words.String(string(r))
		if text == string(unicode.ToTitle(r)) || !utf8.ValidRune(r) {
			continue
		}
		bytes := ""
		for _, each := range []byte(text) {
			bytes += fmt.Sprintf("\\%03o", each)
		}
		items = append(items, fmt.Sprintf("{%#x, \"%s\"},", r, bytes))
	}
	table("long_title long_titles", items)
}

func main() {
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "no arguments")
		os.Exit(2)
	}
	fmt.Printf("// Made by tests/oracle/unicode, of Unicode %s. Do not edit.\n// clang-format off\n", unicode.Version)
	ranges("letters", unicode.IsLetter)
	ranges("digits", unicode.IsDigit)
	ranges("printables", strconv.IsPrint)
	ranges("upper_letters", unicode.IsUpper)
	ranges("lower_letters", unicode.IsLower)
	ranges("title_letters", unicode.IsTitle)
	ranges("punctuation", unicode.IsPunct)
	ranges("numbers", unicode.IsNumber)
	mapping("upper_changes", unicode.ToUpper)
	mapping("lower_changes", unicode.ToLower)
	mapping("title_changes", unicode.ToTitle)
	longTitles()
	fmt.Println("// clang-format on")
}
