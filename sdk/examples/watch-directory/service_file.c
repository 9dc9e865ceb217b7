#define _GNU_SOURCE
#include "service_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { largest = 16 * 1024 * 1024 };

static char* read_text(const char* path, char* why, size_t size) {
  FILE* in = fopen(path, "re");
  if (!in) {
    snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  char* text = NULL;
  size_t room = 0;
  /* NUL ends no text: what getdelim finds before one is the whole file, or the file is not text. */
  const ssize_t length = getdelim(&text, &room, '\0', in);
  const int at_end = feof(in);
  const int failed = ferror(in);
  fclose(in);
  if (failed) snprintf(why, size, "cannot read %s: %s", path, strerror(errno));
  else if (length <= 0) snprintf(why, size, "%s is empty", path);
  else if (!at_end || strlen(text) != (size_t)length) snprintf(why, size, "%s is not text", path);
  else if (length > largest) snprintf(why, size, "%s is larger than 16 MiB", path);
  else return text;
  free(text);
  return NULL;
}

/* A whole number of `from` to `to`; -1 when the text is none. */
static long number(const char* text, long from, long to) {
  char* end = NULL;
  errno = 0;
  const long value = strtol(text, &end, 10);
  return errno == 0 && end != text && *end == '\0' && *text != '-' && *text != '+' && value >= from && value <= to
             ? value
             : -1;
}

/* 1: an endpoint; 0: nothing on this line; -1: it makes no sense. */
static int parse_line(char* text, struct service_line* to) {
  static const char space[] = " \t\r";
  char* rest = NULL;
  text[strcspn(text, "#")] = '\0';
  to->address = strtok_r(text, space, &rest);
  if (!to->address) return 0;
  const char* port = strtok_r(NULL, space, &rest);
  const char* weight = strtok_r(NULL, space, &rest);
  if (!port || strtok_r(NULL, space, &rest)) return -1;
  const long port_number = number(port, 1, 65535);
  const long weight_number = weight ? number(weight, 0, 65535) : 1;
  if (port_number < 0 || weight_number < 0 || strlen(to->address) > 255) return -1;
  to->port = (uint32_t)port_number;
  to->weight = (uint32_t)weight_number;
  snprintf(to->id, sizeof to->id, "%s:%u", to->address, to->port);
  return 1;
}

int service_file_read(const char* path, struct service_file* to, char* why, size_t size) {
  to->text = read_text(path, why, size);
  if (!to->text) return -1;
  size_t lines = 1;
  for (const char* at = to->text; *at; ++at) lines += *at == '\n';
  to->lines = calloc(lines, sizeof *to->lines);
  if (!to->lines) {
    snprintf(why, size, "out of memory");
    return -1;
  }
  int line = 1;
  for (char* next = to->text; next; ++line) {
    char* text = next;
    next = strchr(text, '\n');
    if (next) *next++ = '\0';
    const int found = parse_line(text, &to->lines[to->count]);
    if (found < 0) {
      snprintf(why, size, "%s:%d: expected 'address port [weight]'", path, line);
      return -1;
    }
    to->count += (size_t)found;
  }
  return 0;
}

void service_file_free(struct service_file* file) {
  free(file->text);
  free(file->lines);
  memset(file, 0, sizeof *file);
}
