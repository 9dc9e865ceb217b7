package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/hashicorp/consul-template/dependency"
)

// JSON as data: whole numbers are ints. An object with one name that begins with $ is a value of another type:
// {"$int64": 1}, {"$uint64": 1}, {"$float": 1}, {"$strings": [...]}, {"$stringmap": {...}}, {"$services": [...]} and
// {"$pairs": {"path": "value"}}, Consul Template's services and keys.
func decode(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var data any
	if err := decoder.Decode(&data); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	return typed(data)
}

func typed(of any) (any, error) {
	var err error
	switch of := of.(type) {
	case json.Number:
		if number, err := of.Int64(); err == nil {
			return int(number), nil
		}
		return of.Float64()
	case []any:
		for i := range of {
			if of[i], err = typed(of[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		if len(of) == 1 {
			for name, held := range of {
				if name[:min(1, len(name))] == "$" {
					return special(name, held)
				}
			}
		}
		for name := range of {
			if of[name], err = typed(of[name]); err != nil {
				return nil, err
			}
		}
	}
	return of, nil
}

func special(name string, held any) (any, error) {
	text, err := json.Marshal(held)
	if err != nil {
		return nil, err
	}
	switch name {
	case "$int64":
		var number int64
		return into(text, &number)
	case "$uint64":
		var number uint64
		return into(text, &number)
	case "$float":
		var number float64
		return into(text, &number)
	case "$strings":
		var all []string
		return into(text, &all)
	case "$stringmap":
		var all map[string]string
		return into(text, &all)
	case "$services":
		var all []*dependency.HealthService
		return into(text, &all)
	case "$pairs":
		var all [][2]string
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, err
		}
		pairs := []*dependency.KeyPair{}
		for _, each := range all {
			pairs = append(pairs, &dependency.KeyPair{Path: each[0], Key: each[0], Value: each[1]})
		}
		return pairs, nil
	}
	return nil, fmt.Errorf("%s is no type that is known here", name)
}

func into[T any](text []byte, result *T) (any, error) {
	err := json.Unmarshal(text, result)
	return *result, err
}
