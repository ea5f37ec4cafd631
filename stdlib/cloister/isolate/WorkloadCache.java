package cloister.isolate;

import cloister.isolate.internal.Engine;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Bytes by key that outlive the call that made them. In an isolate with {@code --cache} the monitor keeps them outside the
 * heap: they survive a reset, and isolates with the same folder, a tenant's, share them. Elsewhere they live in this
 * process. The least recently used entries go first when there is no room.
 */
public final class WorkloadCache {
    /** Longest key in bytes of UTF-8, and longest value. */
    public static final int LONGEST_KEY = 480, LONGEST_VALUE = 16 << 20;

    private static final long LOCAL_BYTES = 64 << 20;

    private record Entry(byte[] value, long expires /* System.nanoTime, 0: never */) { }

    private static final Map<String, Entry> LOCAL = new LinkedHashMap<>(16, 0.75f, true);
    private static long localBytes;

    private WorkloadCache() { }

    /** Do other isolates, and this one after a reset, see what is put here? */
    public static boolean isShared() {
        return Engine.cacheShared();
    }

    /** The value, or null when there is none any more. */
    public static byte[] get(String key) {
        byte[] name = name(key);
        if (isShared())
            return Engine.cacheGet(name);
        synchronized (LOCAL) {
            Entry entry = LOCAL.get(key);
            if (entry == null)
                return null;
            if (entry.expires != 0 && System.nanoTime() - entry.expires >= 0) {
                removeLocal(key);
                return null;
            }
            return entry.value.clone();
        }
    }

    /** Keeps it until there is no room. False: it is too large for the cache. */
    public static boolean put(String key, byte[] value) {
        return put(key, value, Duration.ZERO);
    }

    /** Keeps it at most so long; whole seconds count, zero is for ever. False: it is too large for the cache. */
    public static boolean put(String key, byte[] value, Duration timeToLive) {
        byte[] name = name(key);
        Objects.requireNonNull(value);
        if (timeToLive.isNegative())
            throw new IllegalArgumentException("a negative time to live");
        long seconds = timeToLive.toSeconds() >= Integer.MAX_VALUE ? Integer.MAX_VALUE /* as good as for ever */
            : timeToLive.plusNanos(999_999_999).toSeconds();
        if (value.length > LONGEST_VALUE)
            return false;
        if (isShared())
            return Engine.cachePut(name, value, (int) seconds);
        synchronized (LOCAL) {
            removeLocal(key);
            localBytes += size(key, value);
            LOCAL.put(key, new Entry(value.clone(), seconds == 0 ? 0 : (System.nanoTime() + seconds * 1_000_000_000L) | 1));
            Iterator<Map.Entry<String, Entry>> oldest = LOCAL.entrySet().iterator();
            while (localBytes > LOCAL_BYTES && oldest.hasNext()) {
                Map.Entry<String, Entry> entry = oldest.next();
                localBytes -= size(entry.getKey(), entry.getValue().value);
                oldest.remove();
            }
        }
        return true;
    }

    public static void remove(String key) {
        byte[] name = name(key);
        if (isShared()) {
            Engine.cachePut(name, null, 0);
            return;
        }
        synchronized (LOCAL) {
            removeLocal(key);
        }
    }

    private static void removeLocal(String key) {
        Entry entry = LOCAL.remove(key);
        if (entry != null)
            localBytes -= size(key, entry.value);
    }

    private static long size(String key, byte[] value) {
        return 2L * key.length() + value.length + 64;
    }

    private static byte[] name(String key) {
        byte[] name = key.getBytes(StandardCharsets.UTF_8);
        if (name.length == 0 || name.length > LONGEST_KEY)
            throw new IllegalArgumentException("a key has 1 to " + LONGEST_KEY + " bytes");
        if (!new String(name, StandardCharsets.UTF_8).equals(key)) /* else it would be another key's, with "?" */
            throw new IllegalArgumentException("a key has half of a surrogate pair");
        return name;
    }
}
