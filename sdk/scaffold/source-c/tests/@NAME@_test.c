/* The source, driven as drcon drives it: create, start, …, stop, destroy. */
#define _POSIX_C_SOURCE 200809L
#include "recording_host.h"

#include <unistd.h>

static const char path[] = "@NAME@_test.txt";

static void* made(const char* interval, int64_t nanoseconds, drcon_result wanted) {
  const struct test_option options[] = {{"/path", path, -1}, {"/interval", interval, nanoseconds}, {NULL, NULL, 0}};
  void* self = NULL;
  forget_record();
  CHECK(drcon_plugin_entry.source->create(&recording_host, NULL, (const drcon_options*)options, &self) == wanted);
  return self;
}

static void* started(void) {
  void* self = made("10ms", 10 * 1000 * 1000, DRCON_OK);
  CHECK(drcon_plugin_entry.source->start(self) == DRCON_OK);
  return self;
}

static void ended(void* self) {
  drcon_plugin_entry.source->stop(self);
  drcon_plugin_entry.source->destroy(self);
}

static void publishes_the_services_of_the_file(void) {
  write_file(path, "# all of them\nweb a 10.0.0.1 80\napi c 10.0.0.3 90\n\nweb b 10.0.0.2 80\n");
  void* self = started();
  CHECK(will_be_recorded("ready"));
  CHECK(recorded("publish api c=10.0.0.3:90\n"));
  CHECK(recorded("publish web a=10.0.0.1:80 b=10.0.0.2:80\n"));
  ended(self);
}

static void follows_the_file(void) {
  write_file(path, "web a 10.0.0.1 80\n");
  void* self = started();
  CHECK(will_be_recorded("publish web a=10.0.0.1:80\n"));
  write_file(path, "web a 10.0.0.1 81\napi c 10.0.0.3 90\n");
  CHECK(will_be_recorded("publish web a=10.0.0.1:81\n"));
  write_file(path, "api c 10.0.0.3 90\n");
  CHECK(will_be_recorded("withdraw web\n"));
  ended(self);
}

static void takes_an_error_for_unknown_and_never_for_empty(void) {
  static const char* const bad[] = {"", "web\n", "web a 10.0.0.1 port\n", "web a 10.0.0.1 80 more\n",
                                    "web a 10.0.0.1 65536\n"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
    write_file(path, bad[i]);
    void* self = started();
    CHECK(will_be_recorded("unknown "));
    CHECK(will_be_recorded("status AWAY "));
    ended(self);
    CHECK(!recorded("publish") && !recorded("withdraw") && !recorded("ready"));
  }
  unlink(path);
  void* self = started();
  CHECK(will_be_recorded("unknown "));
  write_file(path, "web a 10.0.0.1 80\n");
  CHECK(will_be_recorded("ready")); /* it recovers */
  ended(self);
}

static void refuses_an_interval_that_is_too_short(void) {
  made("1ms", 1000 * 1000, DRCON_CONFIG);
  CHECK(recorded("failed /interval expected at least 10ms\n"));
}

static void may_be_stopped_unstarted(void) { ended(made("1s", 1000 * 1000 * 1000, DRCON_OK)); }

int main(void) {
  publishes_the_services_of_the_file();
  follows_the_file();
  takes_an_error_for_unknown_and_never_for_empty();
  refuses_an_interval_that_is_too_short();
  may_be_stopped_unstarted();
  unlink(path);
  puts("all held");
}
