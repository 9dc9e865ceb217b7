#!/usr/bin/env python3
"""Proves every code block of the SDK's book: compiles, loads, checks, configures or runs it.

What is behind ``` says how a block is meant; one that says nothing known fails the test:

  cpp|c plugin NAME     built as a user builds it, with drcon_add_plugin, and loaded by `drcon plugins`
  cpp|c fragment WHERE  compiled within what CONTEXTS has for it
  cpp test NAME         a unit test of that plugin: compiled and run
  json schema           the schema of a plugin that is loaded
  toml config           `drcon check` finds no fault
  toml options NAME     `drcon plugin test` takes it as options of that plugin
  cmake project         configured, against the installed package, beside the plugins' files
  sh                    shell syntax, and what it asks of drcon is what drcon's --help has
  sh run                run, in a directory with the plugins' sources, where the SDK is installed
  text REASON           not checked, and why
"""
import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PLUGIN_INCLUDES = "#include <drcon/asio.hpp>\n#include <drcon/sink.hpp>\n#include <drcon/source.hpp>\n"

# What stands around a fragment, by language and place. @ is the fragment.
CONTEXTS = {
    ("cpp", "source"): PLUGIN_INCLUDES + """
[[maybe_unused]] static bool ask_registry(std::vector<drcon::endpoint>&, std::string&) { return true; }
struct fragment final : drcon::blocking_source {
  using blocking_source::blocking_source;
  void run(std::stop_token) override {
@
  }
};
""",
    ("cpp", "options"): PLUGIN_INCLUDES + """
struct fragment final : drcon::blocking_source {
  fragment(drcon::context host, const drcon::options& options) : blocking_source(host) {
@
  }
  void run(std::stop_token) override {}
};
""",
    ("cpp", "sink"): PLUGIN_INCLUDES + """
struct fragment final : drcon::blocking_sink {
  using blocking_sink::blocking_sink;
  drcon::outcome apply(const drcon::update_view& update, std::stop_token) override {
@
  }
};
""",
    ("c", ""): """
#include <drcon/plugin.h>
void use(drcon_string text);
void fragment(const drcon_host* host, drcon_instance* instance, const drcon_service* service);
void fragment(const drcon_host* host, drcon_instance* instance, const drcon_service* service) {
@
}
""",
}

SCHEMA_PLUGIN = PLUGIN_INCLUDES + """
struct schema_source final : drcon::blocking_source {
  static constexpr const char* schema = R"SCHEMA(@)SCHEMA";
  schema_source(drcon::context host, const drcon::options&) : blocking_source(host) {}
  void run(std::stop_token) override {}
};
DRCON_SOURCE("%s", "1.0.0", "Has the schema of the book.", schema_source)
"""

# How a user's own project begins; the blocks' targets follow.
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(book LANGUAGES C CXX)
find_package(drcon-sdk 1 REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(GTest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_EXTENSIONS OFF)
add_compile_options(-Wall -Wextra -Wpedantic -Werror -Wno-unused-variable
                    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-mismatched-new-delete>)
link_libraries(Boost::headers Threads::Threads)
"""


class Block:
    def __init__(self, book, line, info, text):
        self.place = f"{book}:{line}"
        self.language, _, rest = info.partition(" ")
        self.kind, _, self.name = rest.partition(" ")
        self.text = text


def read_blocks(book):
    blocks, inside, start, info = [], None, 0, ""
    for number, line in enumerate(book.read_text().splitlines(), 1):
        if inside is None and line.startswith("```"):
            inside, start, info = [], number, line[3:].strip()
        elif inside is not None and line.rstrip() == "```":
            blocks.append(Block(book, start, info, "\n".join(inside) + "\n"))
            inside = None
        elif inside is not None:
            inside.append(line)
    if inside is not None:
        sys.exit(f"{book}:{start}: this code block is never closed")
    return blocks


def run(argv, **more):
    return subprocess.run([str(each) for each in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def must(argv, what):
    done = run(argv)
    if done.returncode != 0:
        sys.exit(f"{what}:\n{done.stdout}")
    return done.stdout


def write(file, text):
    # An equal file keeps its time, so that a second run builds nothing.
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def around(block):
    """The whole translation unit of a fragment; its line numbers are the book's."""
    before, after = CONTEXTS[(block.language, block.name)].split("@\n")
    line = int(block.place.rsplit(":", 1)[1]) + 1
    return f'{before}#line {line} "{block.place.rsplit(":", 1)[0]}"\n{block.text}{after}'


class Checker:
    def __init__(self, given):
        self.given = given
        self.work = given.work
        self.blocks = read_blocks(given.book)
        self.project = PROJECT
        self.targets = {}  # name -> the block that it is made of
        self.plugins = []  # their names
        self.faulty = set()

    def check(self):
        for block in self.blocks:
            self.prepare(block)
        self.build()
        self.load()
        for block in self.blocks:
            self.prove(block)
        return len(self.faulty)

    def fault(self, block, what):
        self.faulty.add(block.place)
        print(f"{block.place}: {what.strip()}\n", file=sys.stderr)

    # ---- into one project, so that all is built at a time ----

    def prepare(self, block):
        """Takes the block's part of the project. One that nobody knows a proof for is a fault."""
        how = (block.language, block.kind)
        if how in (("cpp", "plugin"), ("c", "plugin")):
            self.add_plugin(block, block.name, block.text)
        elif how in (("cpp", "fragment"), ("c", "fragment")):
            self.add_fragment(block)
        elif how == ("cpp", "test"):
            self.add_test(block)
        elif how == ("json", "schema"):
            name = f"schema-{self.blocks.index(block)}"
            self.add_plugin(block, name, (SCHEMA_PLUGIN % name).replace("@", block.text))
        elif how == ("toml", "options"):
            write(self.work / "src" / f"{block.name}.toml", block.text)
        elif how not in self.proofs() and not (block.language == "text" and block.kind):
            self.fault(block, f"'```{block.language} {block.kind}' is nothing that can be proven: the head of "
                                   f"{Path(__file__).name} has what there is")

    def add_plugin(self, block, name, text):
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name) or name in self.targets:
            return self.fault(block, f"'{name}' is no name of a plugin, or is there twice")
        self.plugins.append(name)
        self.targets[name] = block
        file = f"{name}.{'c' if block.language == 'c' else 'cpp'}"
        write(self.work / "src" / file, text)
        self.project += f"drcon_add_plugin({name} SOURCES {file})\n"

    def add_fragment(self, block):
        if (block.language, block.name) not in CONTEXTS:
            return self.fault(block, f"nothing is known to stand around a fragment of '{block.name}'")
        self.add_code(block, "add_library", f"fragment_{self.blocks.index(block)}", "OBJECT", around(block))

    def add_test(self, block):
        name = f"{block.name}_test"
        self.add_code(block, "add_executable", name, "", block.text)
        self.project += f"target_link_libraries({name} PRIVATE nlohmann_json::nlohmann_json GTest::gtest_main)\n"

    def add_code(self, block, how, name, kind, text):
        language = block.language
        self.targets[name] = block
        write(self.work / "src" / f"{name}.{language}", text)
        self.project += f"{how}({name} {kind} {name}.{language})\ntarget_link_libraries({name} PRIVATE drcon::sdk)\n"
        self.project += f"target_compile_features({name} PRIVATE {'cxx_std_20' if language == 'cpp' else 'c_std_11'})\n"

    # ---- the proofs ----

    def proofs(self):
        return {("cpp", "test"): self.prove_test, ("toml", "config"): self.prove_config,
                ("toml", "options"): self.prove_options, ("cmake", "project"): self.prove_project,
                ("sh", ""): self.prove_shell, ("sh", "run"): self.prove_script}

    def prove(self, block):
        proof = self.proofs().get((block.language, block.kind))
        if proof is not None and block.place not in self.faulty:
            proof(block)

    def cmake(self, source, build):
        return ["cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.given.sdk}",
                "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O0", *self.given.cmake]

    def build(self):
        write(self.work / "src" / "CMakeLists.txt", self.project)
        must(self.cmake(self.work / "src", self.work / "build"), "the project of the book's blocks cannot be configured")
        build = ["cmake", "--build", self.work / "build"]
        if run([*build, "--", "-k", "0"]).returncode == 0:
            return
        for name, block in self.targets.items():
            done = run([*build, "--target", name])
            if done.returncode != 0:
                self.fault(block, f"it cannot be built:\n{done.stdout}")

    def load(self):
        listed = json.loads(subprocess.run(
            [self.given.drcon, "plugins", "--json", "-c", "/nowhere", "--plugin-dir", self.work / "build" / "plugins"],
            stdout=subprocess.PIPE, check=True, text=True).stdout)
        loaded = {each["name"] for each in listed["plugins"]}
        for name in self.plugins:
            block = self.targets[name]
            if name not in loaded and block.place not in self.faulty:
                self.fault(block, f"the plugin '{name}' is built, and drcon does not load it: {listed['refused']}")

    def prove_test(self, block):
        done = run([self.work / "build" / f"{block.name}_test"])
        if done.returncode != 0:
            self.fault(block, f"this test fails:\n{done.stdout}")

    def prove_config(self, block):
        file = self.work / f"config-{self.blocks.index(block)}.toml"
        write(file, block.text)
        done = run([self.given.drcon, "check", "--plugin-dir", self.work / "build" / "plugins", "-c", file])
        if done.returncode != 0:
            self.fault(block, f"drcon check finds:\n{done.stdout}")

    def prove_options(self, block):
        library = self.work / "build" / "plugins" / f"{block.name}.so"
        done = run([self.given.drcon, "plugin", "test", library, "--options", self.work / "src" / f"{block.name}.toml"])
        if done.returncode != 0:
            self.fault(block, f"drcon plugin test finds:\n{done.stdout}")

    def copy_of_sources(self, block):
        to = self.work / f"{block.kind}-{self.blocks.index(block)}"
        shutil.rmtree(to, ignore_errors=True)
        for each in (self.work / "src").iterdir():
            if each.suffix in (".cpp", ".c", ".toml"):
                write(to / each.name, each.read_text())
        return to

    def prove_script(self, block):
        found = [str(each.parent) for each in self.given.sdk.rglob("drcon-sdk.pc")]
        within = {**os.environ, "PATH": f"{self.given.drcon.parent}:{os.environ['PATH']}", "PKG_CONFIG_PATH": ":".join(found),
                  "CMAKE_PREFIX_PATH": str(self.given.sdk)}
        done = run(["sh", "-eux", "-c", block.text], cwd=self.copy_of_sources(block), env=within)
        if done.returncode != 0:
            self.fault(block, f"it ends with {done.returncode}:\n{done.stdout}")

    def prove_project(self, block):
        source = self.copy_of_sources(block)
        write(source / "CMakeLists.txt", block.text)
        done = run([*self.cmake(source, source / "build"), f"-DDRCON_PROGRAM={self.given.drcon}"])
        if done.returncode != 0:
            self.fault(block, f"it cannot be configured:\n{done.stdout}")

    def prove_shell(self, block):
        done = run(["sh", "-n"], input=block.text)
        if done.returncode != 0:
            return self.fault(block, f"the shell says:\n{done.stdout}")
        for line in block.text.replace("\\\n", "").splitlines():
            words = shlex.split(line, comments=True)
            why = self.fault_of_command(words[1:]) if words[:1] == ["drcon"] else None
            if why:
                self.fault(block, f"{line}\n{why}")

    def fault_of_command(self, words):
        """Each verb and each option of a command line is one that --help has."""
        verbs = []
        for word in words:
            told = must([self.given.drcon, *verbs, "--help"], f"drcon {' '.join(verbs)} --help")
            _, _, subcommands = told.partition("Subcommands:")
            if word.startswith("-"):
                if not re.search(rf"(?<![\w-]){re.escape(word)}\b", told):
                    return f"'drcon {' '.join(verbs)}' has no option {word}"
            elif re.search(rf"^  {re.escape(word)}\s", subcommands, re.MULTILINE):
                verbs.append(word)
            elif not verbs or verbs == ["plugin"]:
                return f"drcon has no verb '{' '.join([*verbs, word])}'"
        return None


def main():
    take = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    take.add_argument("book", type=Path)
    take.add_argument("--drcon", type=Path, required=True, help="the program")
    take.add_argument("--sdk", type=Path, required=True, help="where the SDK is installed")
    take.add_argument("--work", type=Path, required=True, help="a directory for what is built")
    take.add_argument("--cmake", action="append", default=[], help="more for cmake, such as -DCMAKE_CXX_COMPILER=…")
    given = take.parse_args()
    given.drcon, given.sdk, given.work = (each.resolve() for each in (given.drcon, given.sdk, given.work))
    os.environ.pop("CMAKE_GENERATOR", None)
    checker = Checker(given)
    if not checker.blocks:
        sys.exit(f"{given.book} has no code block at all")
    count = checker.check()
    if count:
        sys.exit(f"{count} of {len(checker.blocks)} code blocks are not as the book says")
    print(f"{len(checker.blocks)} code blocks are as the book says")


if __name__ == "__main__":
    main()
