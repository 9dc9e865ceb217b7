/* A file of lines "address port [weight]": one service. */
#ifndef SERVICE_FILE_H
#define SERVICE_FILE_H

#include <stddef.h>
#include <stdint.h>

struct service_line {
  char id[300]; /* address:port */
  const char* address;
  uint32_t port, weight;
};

struct service_file {
  char* text;
  struct service_line* lines;
  size_t count;
};

/* All of the file, or nothing of it: 0, or -1 and in `why` the line at fault. An empty file is a fault: it is what a
 * writer leaves for a moment. One that means "no endpoints" has a comment in it. Free it in either case. */
int service_file_read(const char* path, struct service_file* to, char* why, size_t size);

void service_file_free(struct service_file* file);

#endif
