package dev.kiln;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How late this JVM's timers are: a thread that only sleeps and looks at the clock. What stops it
 * (another process, a collection of garbage) also stops a receiver in the same JVM from reading its
 * clock in time. And how long its disk takes to sync: leads that wait for one commit are sent
 * together.
 */
public final class Lateness implements AutoCloseable {
  private static final long LOOK_NANOS = 500_000;
  private static final long SYNC_MILLIS = 20;

  private final Thread timers = new Thread(this::watch, "lateness");
  private final Thread disk = new Thread(this::sync, "lateness of the disk");
  private final CountDownLatch over = new CountDownLatch(1);
  private final AtomicLong worst = new AtomicLong();

  public Lateness() {
    for (Thread each : List.of(timers, disk)) {
      each.setDaemon(true);
      each.start();
    }
  }

  private void watch() {
    try {
      long due = System.nanoTime() + LOOK_NANOS;
      while (!over.await(LOOK_NANOS, TimeUnit.NANOSECONDS)) {
        notLess(System.nanoTime() - due);
        due = System.nanoTime() + LOOK_NANOS;
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void sync() {
    try (FileChannel file =
        FileChannel.open(
            Files.createTempFile("lateness", ""),
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE)) {
      while (!over.await(SYNC_MILLIS, TimeUnit.MILLISECONDS)) {
        long begun = System.nanoTime();
        file.write(ByteBuffer.allocate(1), 0);
        file.force(true);
        notLess(System.nanoTime() - begun);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private void notLess(long nanos) {
    worst.accumulateAndGet(nanos, Math::max);
  }

  /** The worst so far, in seconds. */
  public double worst() {
    return worst.get() / 1e9;
  }

  @Override
  public void close() {
    over.countDown();
  }
}
