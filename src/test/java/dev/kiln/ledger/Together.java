package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Threads that start at the same moment. */
public final class Together {
  /** What one thread does. */
  @FunctionalInterface
  public interface Part<T> {
    T run(int number) throws Exception;
  }

  private Together() {}

  /**
   * Runs each task in a thread of its own. What is given to no executor shares the threads of the
   * common pool on Java 25, of which a computer with two cores has one.
   */
  public static Executor threads() {
    return task -> new Thread(task, "together").start();
  }

  /** Runs a part in each of several threads; the results in their order. */
  public static <T> List<T> run(int threads, Part<T> part) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      List<Future<T>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        parts.add(
            pool.submit(
                () -> {
                  start.await(30, TimeUnit.SECONDS);
                  return part.run(number);
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : parts) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException failure) {
      throw new AssertionError("a thread failed", failure.getCause());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", interrupted);
    } finally {
      pool.shutdownNow();
    }
  }
}
