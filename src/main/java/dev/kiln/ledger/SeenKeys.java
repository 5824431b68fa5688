package dev.kiln.ledger;

/**
 * A set of dedupe keys that holds 64 bits of each, some 16 bytes in the heap: millions of them fit,
 * and two of a million keys are taken for one another once in 37 million files. Not thread-safe.
 */
final class SeenKeys {
  private static final int SHARDS = 256;
  private static final int FIRST_SIZE = 16;
  private static final long FREE = 0;

  /** Each grows by itself, so that no moment needs all of it twice. */
  private final long[][] shards = new long[SHARDS][FIRST_SIZE];

  private final int[] sizes = new int[SHARDS];

  /** Adds a key of a table; returns whether it was new. */
  boolean add(String table, String key) {
    long hash = hash(table, key);
    int shard = (int) (hash >>> 56);
    if (put(shards[shard], hash)) {
      sizes[shard]++;
      if (sizes[shard] > shards[shard].length / 4 * 3) {
        grow(shard);
      }
      return true;
    }
    return false;
  }

  /** Whether a key of a table was added. */
  boolean has(String table, String key) {
    long hash = hash(table, key);
    long[] slots = shards[(int) (hash >>> 56)];
    return slots[slot(slots, hash)] == hash;
  }

  private void grow(int shard) {
    long[] grown = new long[shards[shard].length * 2];
    for (long hash : shards[shard]) {
      if (hash != FREE) {
        put(grown, hash);
      }
    }
    shards[shard] = grown;
  }

  private static boolean put(long[] slots, long hash) {
    int slot = slot(slots, hash);
    boolean added = slots[slot] == FREE;
    slots[slot] = hash;
    return added;
  }

  /** Where a hash is, or would be. */
  private static int slot(long[] slots, long hash) {
    int slot = (int) hash & (slots.length - 1);
    while (slots[slot] != FREE && slots[slot] != hash) {
      slot = (slot + 1) & (slots.length - 1);
    }
    return slot;
  }

  /** FNV-1a, and MurmurHash's last steps, so that every bit counts everywhere. */
  private static long hash(String table, String key) {
    long hash = mixed(mixed(0xcbf29ce484222325L, table) * 0x100000001b3L, key);
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    hash ^= hash >>> 33;
    return hash == FREE ? 1 : hash;
  }

  private static long mixed(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = (mixed ^ text.charAt(i)) * 0x100000001b3L;
    }
    return mixed;
  }
}
