package dev.kiln.ledger;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A change of the ledger that is on its way to the disk, behind those that were handed in before.
 * Thread-safe.
 *
 * @param <T> what it answers
 */
public final class Pending<T> {
  private final CompletableFuture<T> done;

  Pending(CompletableFuture<T> done) {
    this.done = done;
  }

  /** Whether the change is durable, or was refused. */
  public boolean isDone() {
    return done.isDone();
  }

  /** Whether the change is durable. */
  public boolean isDurable() {
    return done.isDone() && !done.isCompletedExceptionally();
  }

  /**
   * Waits until the change is durable.
   *
   * @return its answer
   * @throws LedgerUnavailable if the database refuses; nothing of the change took effect
   */
  public T await() {
    try {
      return done.join();
    } catch (CompletionException failure) {
      if (failure.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      if (failure.getCause() instanceof Error error) {
        throw error;
      }
      throw failure;
    }
  }
}
