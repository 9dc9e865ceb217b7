/* drcon/process.h: the ability "drcon.process/1" of the host, for a plugin that keeps a program for whose sake drcon
 * runs, as in a container: drcon passes signals on to it, and ends with its exit code.
 *
 *   const drcon_process* process = host->ability(instance, DRCON_PROCESS);
 *
 * NULL in a process of the plugin's own (isolation = "process"): the program would be no child of drcon's, and its end
 * would not be drcon's.
 */
/* NOLINTBEGIN(modernize-*): C, whatever includes it. */
#ifndef DRCON_PROCESS_H
#define DRCON_PROCESS_H

#include <drcon/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRCON_PROCESS "drcon.process/1"

typedef struct drcon_process {
  uint32_t size;
  uint32_t reserved;
  /** [any] The instance keeps a program from now on. Returns a descriptor, which is the plugin's to read and to close:
   *  closing it says that the instance keeps none any more. Reading it does not block. It gives a byte DRCON_BEGIN once
   *  every other sink of the pipelines that feed this one has applied; and, for each signal that drcon passes on (QUIT,
   *  USR1, USR2, WINCH), a byte that is its number. drcon takes these signals for as long as a program is kept; without
   *  one they do what they do to any process. `to_end` is how long, in nanoseconds, the stop of the instance may take
   *  beyond the host's deadline, since a program takes time to end. -1 when there are no more descriptors. */
  int32_t (*keep)(drcon_instance*, int64_t to_end);
  /** [any] The program has ended, with this exit code (128 and the number of the signal for one that a signal ended).
   *  `by_itself` not 0: drcon stops all instances in order, and exits with this code. 0: the instance has ended it,
   *  since it stops; drcon exits with the code when all of drcon is stopping, and goes on after a reload. */
  void (*ended)(drcon_instance*, int32_t code, int32_t by_itself, drcon_string why);
} drcon_process;

#define DRCON_BEGIN 0

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */
#endif
