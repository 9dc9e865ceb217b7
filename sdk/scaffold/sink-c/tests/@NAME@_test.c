/* The sink, driven as drcon drives it: create, start, apply…, stop, destroy. */
#define _POSIX_C_SOURCE 200809L
#include "recording_host.h"

#include <sys/stat.h>
#include <unistd.h>

static const char path[] = "@NAME@_test.txt";

static drcon_string string(const char* text) {
  const drcon_string view = {text, strlen(text)};
  return view;
}

static drcon_endpoint endpoint(const char* id, const char* address, uint32_t port) {
  const drcon_endpoint made = {.size = sizeof made,
                               .port = port,
                               .weight = 1,
                               .health = DRCON_PASSING,
                               .id = string(id),
                               .address = string(address)};
  return made;
}

static void* started(const char* file) {
  const struct test_option options[] = {{"/file", file, -1}, {NULL, NULL, 0}};
  void* self = NULL;
  forget_record();
  CHECK(drcon_plugin_entry.sink->create(&recording_host, NULL, (const drcon_options*)options, &self) == DRCON_OK);
  CHECK(drcon_plugin_entry.sink->start(self) == DRCON_OK);
  return self;
}

static void ended(void* self) {
  drcon_plugin_entry.sink->stop(self);
  drcon_plugin_entry.sink->destroy(self);
}

/* Hands over one service, "web", by `call`: apply or render. */
static void hand_over(void* self, uint64_t ticket, const drcon_endpoint* endpoints, size_t count, int render) {
  const drcon_service web = {.size = sizeof web,
                             .endpoint_size = sizeof *endpoints,
                             .name = string("web"),
                             .endpoints = endpoints,
                             .endpoint_count = count};
  const drcon_service* const services[] = {&web};
  const drcon_snapshot wanted = {.size = sizeof wanted, .services = services, .service_count = 1};
  const drcon_update update = {
      .size = sizeof update, .ticket = ticket, .wanted = &wanted, .change_size = sizeof(drcon_change)};
  if (render) CHECK(drcon_plugin_entry.sink->render(self, &update) == DRCON_OK);
  else drcon_plugin_entry.sink->apply(self, &update);
}

static void writes_what_is_wanted(void) {
  const drcon_endpoint two[] = {endpoint("a", "10.0.0.1", 80), endpoint("b", "10.0.0.2", 80)};
  void* self = started(path);
  hand_over(self, 1, two, 2, 0);
  CHECK(will_be_recorded("done 1 OK"));
  CHECK(file_is(path, "# service id address port\nweb a 10.0.0.1 80\nweb b 10.0.0.2 80\n"));
  hand_over(self, 2, two, 1, 0);
  CHECK(will_be_recorded("done 2 OK"));
  CHECK(file_is(path, "# service id address port\nweb a 10.0.0.1 80\n"));
  ended(self);
}

static void leaves_a_file_alone_that_is_right(void) {
  struct stat before, after;
  const drcon_endpoint one = endpoint("a", "10.0.0.1", 80);
  void* self = started(path);
  hand_over(self, 1, &one, 1, 0);
  CHECK(stat(path, &before) == 0);
  hand_over(self, 2, &one, 1, 0);
  CHECK(will_be_recorded("done 2 OK") && stat(path, &after) == 0);
  CHECK(before.st_ino == after.st_ino);
  ended(self);
}

static void leaves_out_what_the_file_cannot_say(void) {
  const drcon_endpoint two[] = {endpoint("a", "10.0.0.1", 80), endpoint("b 1.2.3.4 1 #", "10.0.0.2", 80)};
  void* self = started(path);
  hand_over(self, 1, two, 2, 0);
  CHECK(recorded("refused web b 1.2.3.4 1 #: "));
  CHECK(file_is(path, "# service id address port\nweb a 10.0.0.1 80\n"));
  ended(self);
}

static void leaves_out_what_should_get_no_traffic(void) {
  drcon_endpoint three[] = {endpoint("a", "10.0.0.1", 80), endpoint("b", "10.0.0.2", 80),
                            endpoint("c", "10.0.0.3", 80)};
  three[0].health = DRCON_CRITICAL;
  three[1].weight = 0;
  three[2].health = 99; /* unknown: of a newer drcon */
  void* self = started(path);
  hand_over(self, 1, three, 3, 0);
  CHECK(file_is(path, "# service id address port\n"));
  ended(self);
}

static void asks_to_come_again_when_the_file_cannot_be_written(void) {
  const drcon_endpoint one = endpoint("a", "10.0.0.1", 80);
  void* self = started("no-such-directory/file");
  hand_over(self, 1, &one, 1, 0);
  CHECK(will_be_recorded("done 1 RETRY cannot write no-such-directory/file: "));
  ended(self);
}

static void renders_and_touches_nothing(void) {
  const drcon_endpoint one = endpoint("a", "10.0.0.1", 80);
  unlink(path);
  void* self = started(path);
  hand_over(self, 1, &one, 1, 1);
  CHECK(recorded("# service id address port\nweb a 10.0.0.1 80\n"));
  CHECK(access(path, F_OK) != 0);
  ended(self);
}

int main(void) {
  writes_what_is_wanted();
  leaves_a_file_alone_that_is_right();
  leaves_out_what_the_file_cannot_say();
  leaves_out_what_should_get_no_traffic();
  asks_to_come_again_when_the_file_cannot_be_written();
  renders_and_touches_nothing();
  unlink(path);
  puts("all held");
}
