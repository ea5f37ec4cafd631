/* Between the files that code a snapshot's state. */
#ifndef HOSTVIRT_SNAPSHOT_STATE_PRIVATE_H
#define HOSTVIRT_SNAPSHOT_STATE_PRIVATE_H

#include "hostvirt/snapshot_state.h"

#define LIST_MOST 65536 /* entries of a list, however long the file says it is */
#define BLOB_MOST (16u << 20)

void code_identity(struct codec *c, struct saved_identity *i);
void code_descriptors(struct codec *c, struct saved_descriptors *d);
void code_scratch(struct codec *c, struct saved_scratch *s);

#endif
