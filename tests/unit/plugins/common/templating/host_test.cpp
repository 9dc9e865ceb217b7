// What templates ask of the host: programs, files, addresses, and texts for who writes the template. A fake host does
// what it is asked, or refuses.
#include "unit/plugins/common/templating/go_rendered.hpp"

#include <gtest/gtest.h>

namespace drcon::templating {
namespace {

struct fake_host {
  std::vector<std::vector<std::string>> programs;
  std::vector<file_request> files;
  std::vector<std::string> printed;
  program_result result{.output = " done \n", .errors = {}, .why = {}};
  std::optional<std::string> refusal;
  std::vector<network_address> addresses;

  surroundings around() {
    surroundings all;
    all.run_program = [this](std::span<const std::string> words) {
      programs.emplace_back(words.begin(), words.end());
      return result;
    };
    all.write_file = [this](const file_request& file) {
      files.push_back(file);
      return refusal;
    };
    all.network = [this] { return addresses; };
    all.print = [this](std::string_view text) { printed.emplace_back(text); };
    return all;
  }
};

TEST(TemplateHost, RunsTheProgramWithItsWordsAndWithoutAShell) {
  fake_host host;
  EXPECT_EQ(render(R"([{{plugin "/bin/p" "a b; c" " x " ""}}])", host.around()), "[done]");
  ASSERT_EQ(host.programs.size(), 1U);
  EXPECT_EQ(host.programs[0], (std::vector<std::string>{"/bin/p", "a b; c", "x"}));
}

TEST(TemplateHost, EndsTheRenderingWhenTheProgramFails) {
  fake_host host;
  host.result = {.output = "out", .errors = "err", .why = "exit status 3"};
  EXPECT_EQ(render(R"({{plugin "p"}})", host.around()),
            "template: t:1:3: executing \"t\" at <plugin \"p\">: error calling plugin: exec \"p\": exit status "
            "3\n\nstdout:\n\nout\n\nstderr:\n\nerr");
}

TEST(TemplateHost, AsksForFilesAsTheTemplateSays) {
  fake_host host;
  EXPECT_EQ(render(R"([{{"text" | writeToFile "/d/f" "user" "group" "0640" "append,newline"}}])", host.around()), "[]");
  EXPECT_EQ(render(R"({{writeToFile "/d/g" "" "" "600" "more"}})", host.around()), "");
  ASSERT_EQ(host.files.size(), 2U);
  EXPECT_EQ(host.files[0].path, "/d/f");
  EXPECT_EQ(host.files[0].user, "user");
  EXPECT_EQ(host.files[0].group, "group");
  EXPECT_EQ(host.files[0].mode, 0640U);
  EXPECT_TRUE(host.files[0].appends);
  EXPECT_EQ(host.files[0].content, "text\n");
  EXPECT_EQ(host.files[1].mode, 0600U);
  EXPECT_FALSE(host.files[1].appends);
  EXPECT_EQ(host.files[1].content, "more");
}

TEST(TemplateHost, EndsTheRenderingWhenTheHostRefusesAFile) {
  fake_host host;
  host.refusal = "/etc/passwd lies outside of the directories that this sink may write";
  const auto said = render(R"({{writeToFile "/etc/passwd" "" "" "0644" "x"}})", host.around());
  EXPECT_NE(said.find("error calling writeToFile: /etc/passwd lies outside"), std::string::npos) << said;
}

TEST(TemplateHost, DoesNothingThatTheHostDoesNotOffer) {
  const surroundings nothing;
  EXPECT_NE(render(R"({{plugin "p"}})", nothing).find("programs are not run here"), std::string::npos);
  EXPECT_NE(render(R"({{writeToFile "/f" "" "" "0644" "x"}})", nothing).find("files are not written here"),
            std::string::npos);
  EXPECT_NE(render(R"({{sockaddr "GetPrivateIP"}})", nothing).find("are not offered here"), std::string::npos);
  EXPECT_EQ(render(R"([{{spew_dump 1}}])", nothing), "[]");
}

TEST(TemplateHost, PrintsForWhoWritesTheTemplateAndNotIntoTheFile) {
  fake_host host;
  EXPECT_EQ(render(R"([{{spew_dump "a" 1}}{{spew_printf "%d|" 2}}])", host.around()), "[]");
  EXPECT_EQ(host.printed, (std::vector<std::string>{"(string) (len=1) \"a\"\n(int) 1\n", "2|"}));
}

TEST(TemplateHost, FindsTheAddressThatOthersReach) {
  fake_host host;
  const std::string up = "up|broadcast|multicast|running";
  host.addresses = {{.interface = "lo", .address = "127.0.0.1", .prefix = 8, .flags = "up|loopback|running"},
                    {.interface = "lo", .address = "::1", .prefix = 128, .flags = "up|loopback|running"},
                    {.interface = "docker0", .address = "172.17.0.1", .prefix = 16, .flags = up},
                    {.interface = "eth0", .address = "10.1.2.3", .prefix = 24, .flags = up, .is_default = true},
                    {.interface = "eth0", .address = "fe80::1", .prefix = 64, .flags = up, .is_default = true},
                    {.interface = "eth1", .address = "8.8.4.4", .prefix = 24, .flags = up},
                    {.interface = "eth2", .address = "192.168.7.7", .prefix = 16, .flags = "broadcast|multicast"}};
  const auto asked = [&](std::string_view text) {
    return render("{{sockaddr `" + std::string(text) + "`}}", host.around());
  };
  EXPECT_EQ(asked("GetPrivateIP"), "10.1.2.3");
  EXPECT_EQ(asked("GetPublicIP"), "8.8.4.4");
  EXPECT_EQ(asked("GetPrivateIPs"), "127.0.0.1 172.17.0.1 192.168.7.7 10.1.2.3 fe80::1 ::1");
  EXPECT_EQ(asked("GetInterfaceIP \"eth.*\""), "192.168.7.7");
  EXPECT_EQ(asked("GetInterfaceIPs \"lo\""), "127.0.0.1 ::1");
  EXPECT_EQ(asked("GetDefaultInterfaces | include \"type\" \"ipv4\" | attr \"name\""), "eth0");
  EXPECT_EQ(asked("GetAllInterfaces | include \"rfc\" \"1918\" | sort \"-size,name\" | join \"address\" \",\""),
            "10.1.2.3,172.17.0.1,192.168.7.7");
  EXPECT_EQ(asked("GetAllInterfaces | exclude \"name\" \"^(lo|eth)\" | join \"address\" \",\""), "172.17.0.1");
  EXPECT_EQ(asked("GetAllInterfaces | exclude \"flags\" \"up\" | join \"name\" \",\""), "eth2");
  EXPECT_EQ(asked("GetAllInterfaces | include \"network\" \"10.0.0.0/8\" | attr \"network\""), "10.1.2.0");
  EXPECT_EQ(asked("GetAllInterfaces | unique \"name\" | offset 1 | limit 2 | join \"name\" \" \""), "docker0 eth0");
}

}  // namespace
}  // namespace drcon::templating
