/* Between snapshot_reset.c and snapshot_dirty.c. */
#ifndef HOSTVIRT_SNAPSHOT_RESET_H
#define HOSTVIRT_SNAPSHOT_RESET_H

#include "hostvirt/snapshot_private.h"

/* Puts every page that the guest has written back to what the snapshot has there.  Under memory->lock, the list of
 * mappings being the snapshot's. */
int reset_pages(struct builder *b, struct reset_report *report);

#endif
