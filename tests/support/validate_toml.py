"""validate_toml.py SCHEMA FILE...: holds TOML files to a JSON Schema (draft-07) as an editor would, and the schema to its
own meta-schema. One line for each fault, "FILE: PLACE: WHAT"; exit code 1 when there is one.

The tests use it as a second opinion: neither its TOML, nor its JSON Schema, nor its regular expressions are ours."""

import json
import sys
import tomllib

import jsonschema

with open(sys.argv[1], "rb") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
faults = 0
for name in sys.argv[2:]:
    with open(name, "rb") as file:
        document = tomllib.load(file)
    for each in validator.iter_errors(document):
        faults += 1
        print(f"{name}: {'.'.join(map(str, each.absolute_path))}: {each.message}")
sys.exit(1 if faults else 0)
