/* Object locks: thin words, inflation, contention, wait and notify, identity hashes beside locks, record recycling. */
#include <stdlib.h>
#include <time.h>

#include "vm/call.h"
#include "vm/exception.h"
#include "vm/monitor_private.h"
#include "vm/object.h"
#include "vm/safepoint.h"
#include "runner.h"
#include "vm_fixture.h"

enum { THIN_ENTRIES = LOCK_RECURSION_MASK / LOCK_RECURSION_ONE + 1 }; /* the most that a thin word counts */

static struct thread *t;
static struct object **slot; /* root slots that the tests' threads share */
static _Atomic int step;     /* how far the other thread has come */

static void setup(void)
{
    fixture_start();
    t = fixture_thread;
    slot = gc_roots_new(4);
}

static struct object *new_object(void)
{
    struct object *o = object_new(t, t->vm->known.Object);
    gc_store_root(&slot[0], o);
    return o;
}

static struct object *new_array(void)
{
    struct object *o = array_new_primitive(t, 'I', 3);
    gc_store_root(&slot[0], o);
    return o;
}

static uint32_t word(const struct object *o)
{
    return atomic_load(&((struct object *)o)->lock);
}

static void await_step(struct thread *self, int value)
{
    for (int i = 0; i < 10000 && atomic_load(&step) < value; i++)
        fixture_sleep(self, 1);
    ck_assert_int_ge(atomic_load(&step), value);
}

/* ---- one thread ---- */

START_TEST(thin_lock)
{
    struct object *o = new_object();
    ck_assert_uint_eq(word(o), LOCK_THIN_UNLOCKED);
    ck_assert(!monitor_is_held(t, o));
    monitor_enter(t, o);
    ck_assert_uint_eq(word(o), LOCK_THIN_UNLOCKED | t->id);
    monitor_enter(t, o);
    ck_assert_uint_eq(word(o), (LOCK_THIN_UNLOCKED | t->id) + LOCK_RECURSION_ONE);
    uint32_t entries;
    ck_assert_ptr_eq(monitor_owner(t->vm, o, &entries), t);
    ck_assert_uint_eq(entries, 2);
    ck_assert(monitor_exit(t, o));
    ck_assert(monitor_is_held(t, o));
    ck_assert(monitor_exit(t, o));
    ck_assert_uint_eq(word(o), LOCK_THIN_UNLOCKED);
    ck_assert_ptr_null(monitor_owner(t->vm, o, &entries));
    ck_assert_uint_eq(entries, 0);
}
END_TEST

START_TEST(recursion_overflows_into_a_monitor)
{
    struct object *o = new_object();
    uint32_t entries;
    for (int i = 0; i < THIN_ENTRIES; i++)
        monitor_enter(t, o);
    ck_assert(lock_is_thin(word(o)));
    monitor_owner(t->vm, o, &entries);
    ck_assert_uint_eq(entries, THIN_ENTRIES);
    for (int i = 0; i < 10; i++)
        monitor_enter(t, o);
    ck_assert(lock_is_inflated(word(o)));
    ck_assert_ptr_eq(monitor_owner(t->vm, o, &entries), t);
    ck_assert_uint_eq(entries, THIN_ENTRIES + 10);
    for (int i = 0; i < THIN_ENTRIES + 10; i++) {
        ck_assert(monitor_is_held(t, o));
        ck_assert(monitor_exit(t, o));
    }
    ck_assert(!monitor_is_held(t, o));
    ck_assert(!monitor_exit(t, o));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/IllegalMonitorStateException");
}
END_TEST

static void check_illegal(struct object *o)
{
    ck_assert(!monitor_exit(t, o));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/IllegalMonitorStateException");
    ck_assert(!monitor_notify(t, o, true));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/IllegalMonitorStateException");
    ck_assert(!monitor_wait(t, o, 1));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/IllegalMonitorStateException");
}

START_TEST(only_the_owner_may)
{
    struct object *thin = new_object();
    check_illegal(thin);
    struct object *hashed = new_array();
    object_identity_hash(hashed);
    check_illegal(hashed);
    struct object *fat = new_object();
    monitor_enter(t, fat);
    ck_assert(monitor_wait(t, fat, 1)); /* inflates */
    ck_assert(lock_is_inflated(word(fat)));
    ck_assert(monitor_exit(t, fat));
    check_illegal(fat);
    ck_assert(!monitor_wait(t, thin, -1));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/IllegalArgumentException");
}
END_TEST

static void hold_for_another(struct thread *self, int number)
{
    monitor_enter(self, slot[0]);
    atomic_store(&step, 1);
    await_step(self, 2);
    monitor_exit(self, slot[0]);
}

START_TEST(another_thread_owns)
{
    struct object *o = new_object();
    struct fixture_threads *other = fixture_spawn(1, hold_for_another);
    await_step(t, 1);
    ck_assert(!monitor_is_held(t, o));
    check_illegal(o);
    struct thread *owner = monitor_owner(t->vm, o, NULL);
    ck_assert_ptr_nonnull(owner);
    ck_assert_ptr_ne(owner, t);
    atomic_store(&step, 2);
    fixture_join(other);
    monitor_enter(t, o);
    monitor_enter(t, o);
    ck_assert(monitor_exit(t, o));
    ck_assert(monitor_exit(t, o));
}
END_TEST

/* ---- contention ---- */

enum { CONTENDERS = 4, TURNS = 20000 };
static struct { int counter, inside, violations, nested; } shared; /* guarded by slot[0]'s lock */

static void contend(struct thread *self, int number)
{
    for (int i = 0; i < TURNS; i++) {
        monitor_enter(self, slot[0]);
        shared.violations += shared.inside++ != 0;
        shared.counter++;
        if (i % 16 == number) {
            monitor_enter(self, slot[0]);
            shared.nested++;
            monitor_exit(self, slot[0]);
        }
        if (i % 512 == 0) /* in the lock for long: the others must queue */
            fixture_sleep(self, 1);
        shared.inside--;
        monitor_exit(self, slot[0]);
    }
}

START_TEST(contention)
{
    struct object *o = new_object();
    fixture_join(fixture_spawn(CONTENDERS, contend));
    ck_assert_int_eq(shared.counter, CONTENDERS * TURNS);
    ck_assert_int_eq(shared.violations, 0);
    ck_assert_int_eq(shared.nested, CONTENDERS * TURNS / 16);
    ck_assert(lock_is_inflated(word(o)));
    ck_assert_ptr_null(monitor_owner(t->vm, o, NULL));
    struct monitor *m = monitor_of_word(t->vm, word(o));
    ck_assert_uint_eq(atomic_load(&m->entering_count), 0);
    ck_assert_ptr_null(m->entering.head);
}
END_TEST

/* Threads that inflate the same lock at once make one monitor of it. */
static void hash_and_lock(struct thread *self, int number)
{
    for (int i = 0; i < 2000; i++) {
        monitor_enter(self, slot[0]);
        int32_t hash = object_identity_hash(slot[0]);
        if (shared.counter == 0)
            shared.counter = hash;
        shared.violations += hash != shared.counter;
        monitor_exit(self, slot[0]);
        int32_t unlocked = object_identity_hash(slot[0]); /* any thread may hold the lock */
        if (unlocked != hash)
            atomic_store(&step, -1);
    }
}

START_TEST(hashing_races_with_locking)
{
    struct object *o = new_array();
    fixture_join(fixture_spawn(CONTENDERS, hash_and_lock));
    ck_assert_int_eq(shared.violations, 0);
    ck_assert_int_eq(atomic_load(&step), 0);
    ck_assert_int_eq(object_identity_hash(o), shared.counter);
    ck_assert_uint_eq(array_length(o), 3);
}
END_TEST

/* ---- wait and notify ---- */

enum { WAITERS = 4 };
static int order[WAITERS], ended; /* guarded by slot[0]'s lock */

static void wait_in_turn(struct thread *self, int number)
{
    while (atomic_load(&step) != number)
        fixture_sleep(self, 1);
    monitor_enter(self, slot[0]);
    monitor_enter(self, slot[0]);
    atomic_fetch_add(&step, 1); /* the next one gets the lock when this one waits */
    bool ok = monitor_wait(self, slot[0], 0);
    order[ended++] = ok && monitor_is_held(self, slot[0]) ? number : -1;
    monitor_exit(self, slot[0]); /* wait has restored both entries */
    if (!monitor_is_held(self, slot[0]))
        ended = -100;
    monitor_exit(self, slot[0]);
}

static int how_many_ended(struct object *o)
{
    monitor_enter(t, o);
    int count = ended;
    monitor_exit(t, o);
    return count;
}

static void await_ended(struct object *o, int count)
{
    for (int i = 0; i < 10000 && how_many_ended(o) < count; i++)
        fixture_sleep(t, 1);
    ck_assert_int_eq(how_many_ended(o), count);
}

static struct fixture_threads *spawn_waiters(struct object *o)
{
    struct fixture_threads *waiters = fixture_spawn(WAITERS, wait_in_turn);
    await_step(t, WAITERS);
    monitor_enter(t, o); /* the last one waits by now */
    ck_assert_int_eq(ended, 0);
    return waiters;
}

START_TEST(notify_wakes_the_longest_waiting)
{
    struct object *o = new_object();
    struct fixture_threads *waiters = spawn_waiters(o);
    monitor_exit(t, o);
    for (int i = 0; i < WAITERS; i++) {
        monitor_enter(t, o);
        ck_assert(monitor_notify(t, o, false));
        ck_assert_int_eq(ended, i); /* not before the lock is released */
        monitor_exit(t, o);
        await_ended(o, i + 1);
        fixture_sleep(t, 2);
        ck_assert_int_eq(how_many_ended(o), i + 1); /* one and no more */
    }
    fixture_join(waiters);
    for (int i = 0; i < WAITERS; i++)
        ck_assert_int_eq(order[i], i);
}
END_TEST

START_TEST(notify_all_wakes_all)
{
    struct object *o = new_object();
    struct fixture_threads *waiters = spawn_waiters(o);
    ck_assert(monitor_notify(t, o, true));
    monitor_exit(t, o);
    fixture_join(waiters);
    ck_assert_int_eq(ended, WAITERS);
    for (int i = 0; i < WAITERS; i++)
        ck_assert_int_eq(order[i], i);
}
END_TEST

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

START_TEST(timed_wait_ends)
{
    struct object *o = new_object();
    uint32_t entries;
    for (int i = 0; i < 3; i++)
        monitor_enter(t, o);
    int64_t start = now_ms();
    ck_assert(monitor_wait(t, o, 30));
    ck_assert_int_ge(now_ms() - start, 29);
    monitor_owner(t->vm, o, &entries);
    ck_assert_uint_eq(entries, 3);
    ck_assert_ptr_null(monitor_of_word(t->vm, word(o))->waiting.head);
    for (int i = 0; i < 3; i++)
        ck_assert(monitor_exit(t, o));
}
END_TEST

static const char *outcome; /* of the interrupted thread */

static void wait_for_interrupt(struct thread *self, int number)
{
    gc_store_root(&slot[1], self->java_thread);
    monitor_enter(self, slot[0]);
    atomic_store(&step, 1);
    bool ok = monitor_wait(self, slot[0], 0);
    outcome = !ok && monitor_is_held(self, slot[0]) ? fixture_take_exception(self) : "not interrupted";
    if (object_get_byte(self->java_thread, self->vm->known.Thread_interrupted) != 0)
        outcome = "still interrupted";
    monitor_exit(self, slot[0]);
}

START_TEST(interrupt_ends_a_wait)
{
    struct object *o = new_object();
    struct fixture_threads *waiter = fixture_spawn(1, wait_for_interrupt);
    await_step(t, 1);
    monitor_enter(t, o);
    ck_assert(java_callv(t, fixture_method(t->vm->known.Thread, "interrupt", "()V"), NULL, slot[1]));
    monitor_exit(t, o);
    fixture_join(waiter);
    ck_assert_str_eq(outcome, "java/lang/InterruptedException");
}
END_TEST

START_TEST(interrupted_thread_does_not_begin_to_wait)
{
    struct object *o = new_object();
    object_set_byte(t->java_thread, t->vm->known.Thread_interrupted, 1);
    monitor_enter(t, o);
    ck_assert(!monitor_wait(t, o, 0));
    ck_assert_str_eq(fixture_take_exception(t), "java/lang/InterruptedException");
    ck_assert_int_eq(object_get_byte(t->java_thread, t->vm->known.Thread_interrupted), 0);
    ck_assert(monitor_exit(t, o));
}
END_TEST

/* ---- identity hashes ---- */

START_TEST(hash_of_an_object_is_beside_its_lock)
{
    struct object *o = new_object();
    int32_t hash = object_identity_hash(o);
    ck_assert_int_gt(hash, 0);
    ck_assert_uint_eq(word(o), LOCK_THIN_UNLOCKED); /* hashing never inflates */
    monitor_enter(t, o);
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert(lock_is_thin(word(o)));
    ck_assert(monitor_wait(t, o, 1));
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert(monitor_exit(t, o));
    gc_collect(GC_CAUSE_SYSTEM_GC);
    ck_assert_int_eq(object_identity_hash(slot[0]), hash);
}
END_TEST

START_TEST(hashed_array_can_be_locked)
{
    struct object *o = new_array();
    int32_t hash = object_identity_hash(o);
    ck_assert_int_gt(hash, 0);
    ck_assert(lock_is_hashed(word(o)));
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert(!monitor_is_held(t, o));
    monitor_enter(t, o);
    monitor_enter(t, o);
    ck_assert(lock_is_inflated(word(o)));
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert(monitor_exit(t, o));
    ck_assert(monitor_exit(t, o));
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert_uint_eq(array_length(o), 3);
}
END_TEST

START_TEST(locked_array_can_be_hashed)
{
    struct object *o = new_array();
    uint32_t entries;
    for (int i = 0; i < 3; i++)
        monitor_enter(t, o);
    ck_assert(lock_is_thin(word(o)));
    int32_t hash = object_identity_hash(o);
    ck_assert_int_gt(hash, 0);
    ck_assert_ptr_eq(monitor_owner(t->vm, o, &entries), t);
    ck_assert_uint_eq(entries, 3);
    for (int i = 0; i < 3; i++)
        ck_assert(monitor_exit(t, o));
    ck_assert(!monitor_is_held(t, o));
    ck_assert_int_eq(object_identity_hash(o), hash);
    ck_assert_uint_eq(array_length(o), 3);
}
END_TEST

START_TEST(hashes_differ)
{
    static int32_t seen[1000];
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        seen[i] = object_identity_hash(i % 2 == 0 ? new_object() : new_array());
        ck_assert_int_gt(seen[i], 0);
        for (int k = 0; k < i; k++)
            same += seen[k] == seen[i];
    }
    ck_assert_int_le(same, 1);
}
END_TEST

/* ---- records ---- */

enum { ROUND = 2000, ROUNDS = 8 };

static __attribute__((noinline)) uint32_t inflate_and_forget(void)
{
    uint32_t highest = 0;
    for (int i = 0; i < ROUND; i++) {
        struct object *o = array_new_primitive(t, 'B', 8);
        monitor_enter(t, o);
        object_identity_hash(o);
        ck_assert(lock_is_inflated(word(o)));
        struct monitor *m = monitor_of_word(t->vm, word(o));
        ck_assert_ptr_eq(m->object, o);
        ck_assert_uint_eq(m->entries, 1);
        highest = m->index > highest ? m->index : highest;
        ck_assert(monitor_exit(t, o));
    }
    return highest;
}

START_TEST(records_of_dead_objects_are_used_again)
{
    struct object *kept = new_array();
    monitor_enter(t, kept);
    int32_t hash = object_identity_hash(kept);
    ck_assert(monitor_exit(t, kept));
    uint32_t kept_word = word(kept), highest = 0;
    for (int i = 0; i < ROUNDS; i++) {
        highest = inflate_and_forget();
        gc_collect(GC_CAUSE_SYSTEM_GC);
    }
    ck_assert_uint_lt(highest, 3 * ROUND);
    ck_assert_uint_eq(word(kept), kept_word);
    ck_assert_ptr_eq(monitor_of_word(t->vm, kept_word)->object, kept);
    ck_assert_int_eq(object_identity_hash(kept), hash);
}
END_TEST

TEST_MAIN("monitor", setup, 20, TEST(thin_lock), TEST(recursion_overflows_into_a_monitor), TEST(only_the_owner_may),
          TEST(another_thread_owns), TEST(contention), TEST(hashing_races_with_locking),
          TEST(notify_wakes_the_longest_waiting), TEST(notify_all_wakes_all), TEST(timed_wait_ends),
          TEST(interrupt_ends_a_wait), TEST(interrupted_thread_does_not_begin_to_wait),
          TEST(hash_of_an_object_is_beside_its_lock), TEST(hashed_array_can_be_locked),
          TEST(locked_array_can_be_hashed), TEST(hashes_differ), TEST(records_of_dead_objects_are_used_again))
