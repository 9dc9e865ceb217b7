package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/consul-template/dependency"
	consul "github.com/hashicorp/consul-template/template"
	"github.com/hashicorp/consul/api"
)

// What published/data.json says: a data centre, as the templates of published/ see it. Consul Template asks for it by
// its own code, from a server that answers as Consul's HTTP API does.
type registered struct {
	Nodes       []*api.Node
	Services    []*registeredService
	Keys        map[string]string
	Environment map[string]string
	Delimiters  map[string][2]string
}

type registeredService struct {
	api.AgentService
	Node   string
	Checks api.HealthChecks
}

func (r *registered) node(name string) *api.Node {
	for _, each := range r.Nodes {
		if each.Node == name {
			return each
		}
	}
	return nil
}

func (r *registered) health(name, tag string, passing bool) []*api.ServiceEntry {
	result := []*api.ServiceEntry{}
	for _, each := range r.Services {
		if each.Service != name || (tag != "" && !slices.Contains(each.Tags, tag)) ||
			(passing && each.Checks.AggregatedStatus() != api.HealthPassing) {
			continue
		}
		result = append(result, &api.ServiceEntry{Node: r.node(each.Node), Service: &each.AgentService, Checks: each.Checks})
	}
	return result
}

func (r *registered) catalogue() map[string][]string {
	result := map[string][]string{}
	for _, each := range r.Services {
		tags := result[each.Service]
		if tags == nil {
			tags = []string{}
		}
		for _, tag := range each.Tags {
			if !slices.Contains(tags, tag) {
				tags = append(tags, tag)
			}
		}
		result[each.Service] = tags
	}
	return result
}

func (r *registered) servicesOf(node string) *api.CatalogNode {
	if r.node(node) == nil {
		return nil
	}
	result := &api.CatalogNode{Node: r.node(node), Services: map[string]*api.AgentService{}}
	for _, each := range r.Services {
		if each.Node == node {
			result.Services[each.ID] = &each.AgentService
		}
	}
	return result
}

func (r *registered) pairs(prefix string, whole bool) (result api.KVPairs) {
	for path, held := range r.Keys {
		if path == prefix || (!whole && strings.HasPrefix(path, prefix)) {
			result = append(result, &api.KVPair{Key: path, Value: []byte(held)})
		}
	}
	slices.SortFunc(result, func(a, b *api.KVPair) int { return strings.Compare(a.Key, b.Key) })
	return result
}

func (r *registered) ServeHTTP(output http.ResponseWriter, request *http.Request) {
	var found any
	query := request.URL.Query()
	kind, name, _ := strings.Cut(strings.TrimPrefix(request.URL.Path, "/v1/"), "/")
	part, rest, _ := strings.Cut(name, "/")
	switch kind + " " + part {
	case "health service":
		found = r.health(rest, query.Get("tag"), query.Has("passing"))
	case "catalog services":
		found = r.catalogue()
	case "catalog nodes":
		found = r.Nodes
	case "catalog node":
		found = r.servicesOf(rest)
	case "catalog datacenters":
		found = []string{"dc1"}
	}
	if kind == "kv" {
		if pairs := r.pairs(name, !query.Has("recurse")); len(pairs) > 0 {
			found = pairs
		}
	}
	for _, each := range []string{"X-Consul-Index", "X-Consul-LastContact"} {
		output.Header().Set(each, "1")
	}
	output.Header().Set("X-Consul-KnownLeader", "true")
	if found == nil {
		output.WriteHeader(http.StatusNotFound)
		return
	}
	_ = json.NewEncoder(output).Encode(found)
}

// Renders as Consul Template does: again and again, until all that was asked for has been fetched.
func (r *registered) render(name, text string, clients *dependency.ClientSet) (string, error) {
	marks := r.Delimiters[name]
	made, err := consul.NewTemplate(&consul.NewTemplateInput{Contents: text, LeftDelim: marks[0], RightDelim: marks[1]})
	if err != nil {
		return "", err
	}
	brain := consul.NewBrain()
	var environment []string
	for key, held := range r.Environment {
		environment = append(environment, key+"="+held)
	}
	for range 20 {
		result, err := made.Execute(&consul.ExecuteInput{Brain: brain, Env: environment})
		if err != nil {
			return "", err
		}
		if result.Missing.Len() == 0 {
			return string(result.Output), nil
		}
		for _, each := range result.Missing.List() {
			found, about, err := each.Fetch(clients, nil)
			if err != nil {
				return "", err
			}
			// A path that is computed from what is not there yet: what it waits for is not asked for any more, once it is.
			if found != nil || !about.BlockOnNil {
				brain.Remember(each, found)
			}
		}
	}
	return "", fmt.Errorf("asks for more each time, or waits for what is not in data.json")
}

// Writes published/NAME.golden for each published/NAME.ctmpl.
func published() error {
	log.SetOutput(io.Discard) // Consul Template reports each request
	text, err := os.ReadFile("published/data.json")
	if err != nil {
		return err
	}
	var all registered
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	server := httptest.NewServer(&all)
	defer server.Close()
	clients := dependency.NewClientSet()
	if err := clients.CreateConsulClient(&dependency.CreateConsulClientInput{Address: server.URL}); err != nil {
		return err
	}
	files, err := filepath.Glob("published/*.ctmpl")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		stem := strings.TrimSuffix(file, ".ctmpl")
		output, err := all.render(filepath.Base(stem), string(text), clients)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := os.WriteFile(stem+".golden", []byte(output), 0o644); err != nil {
			return err
		}
	}
	fmt.Println(len(files), "templates")
	return nil
}
