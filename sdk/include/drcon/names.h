/* drcon/names.h: the ability "drcon.names/1" of the host, for a source that watches services by a rule, such as a
 * pattern of names: of a part of them it may not know at present which there are.
 *
 *   const drcon_names* names = host->ability(instance, DRCON_NAMES);
 *
 * Without it such a source cannot be ready while that lasts: what was served of that part before a restart would look
 * as if it were gone. With it, it reports the part and is ready with all others: what was served of services that this
 * source has not reported, and whose names may be of that part, stays.
 */
/* NOLINTBEGIN(modernize-*): C, whatever includes it. */
#ifndef DRCON_NAMES_H
#define DRCON_NAMES_H

#include <drcon/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DRCON_NAMES "drcon.names/1"

typedef struct drcon_names {
  uint32_t size;
  uint32_t reserved;
  /** [any] Which services there are of `part` is not known, and why. `part` is the source's own name of it, for people
   * as well. `pattern` is a regular expression (ECMAScript) that the whole name of each of them matches; empty: any
   * name may be one of them. Comes before `ready`; again for the same part: in the place of what was said before. */
  void (*unknown)(drcon_instance*, drcon_string part, drcon_string pattern, drcon_string why);
  /** [any] The services of `part` are known, and each of them has been published, or reported as unknown: what was
   * served of others of that part is gone. One that was not unknown: does nothing. */
  void (*known)(drcon_instance*, drcon_string part);
} drcon_names;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */
#endif
