package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that writes the ledger. Operations that arrive while a commit is on its way to the
 * disk share the next one, so the cost of a full sync is divided among them. Any thread may call
 * {@link #write}; it returns when the operation is durable.
 *
 * <p>An operation makes all its checks before its first write: a {@link NotSent} out of it leaves
 * the others of the same commit alone. Any other failure rolls the commit back, and its operations
 * run again one by one, unless it is the database that refuses: then all of them have failed.
 */
final class Writer implements AutoCloseable {
  /** Most operations in one commit. */
  private static final int MOST = 256;

  /** A unit of work within a commit; may run twice, so it has no effect outside the transaction. */
  @FunctionalInterface
  interface Operation<T> {
    T run(Transaction transaction);
  }

  private static final class Task<T> {
    private final Operation<T> operation;
    private final CompletableFuture<T> done = new CompletableFuture<>();
    private @Nullable Runnable outcome;

    Task(Operation<T> operation) {
      this.operation = operation;
    }

    void run(Transaction transaction) {
      try {
        T result = operation.run(transaction);
        outcome = () -> done.complete(result);
      } catch (NotSent notSent) {
        outcome = () -> done.completeExceptionally(notSent);
      }
    }

    void committed() {
      if (outcome != null) {
        outcome.run();
      }
    }
  }

  private final BlockingQueue<Task<?>> queue = new LinkedBlockingQueue<>();
  private final Handle handle;
  private final Guard guard;
  private final Thread thread;
  private volatile boolean hurried;
  private volatile boolean closed;

  Writer(Handle handle, Guard guard) {
    this.handle = handle;
    this.guard = guard;
    this.thread = new Thread(this::loop, "kiln-ledger-writer");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Runs an operation and waits until it is durable.
   *
   * @throws NotSent as the operation throws it
   * @throws LedgerUnavailable if the database refuses; nothing of the operation took effect
   */
  <T> T write(Operation<T> operation) {
    return handIn(operation).await();
  }

  /** Has an operation run, behind all that were handed in before, and does not wait for it. */
  <T> Pending<T> handIn(Operation<T> operation) {
    guard.mustBeSound();
    Task<T> task = new Task<>(operation);
    queue.add(task);
    if (closed && queue.remove(task)) {
      throw new LedgerUnavailable("The ledger is closed.");
    }
    return new Pending<>(task.done);
  }

  /** {@link #write} for operations without a result. */
  void change(Consumer<Transaction> change) {
    write(
        transaction -> {
          change.accept(transaction);
          return true;
        });
  }

  private void loop() {
    List<Task<?>> tasks = new ArrayList<>(MOST);
    try {
      while (!closed || !queue.isEmpty()) {
        tasks.add(queue.take());
        queue.drainTo(tasks, MOST - 1);
        commit(tasks);
        tasks.clear();
      }
    } catch (InterruptedException stop) {
      queue.drainTo(tasks);
      commit(tasks);
    }
  }

  /** From here on a locked database is waited for a second at most, once for each commit. */
  void hurry() {
    hurried = true;
  }

  private void commit(List<Task<?>> tasks) {
    if (tasks.isEmpty()) {
      return;
    }
    try {
      if (hurried) {
        handle.execute("PRAGMA busy_timeout = 1000");
      }
      handle.begin();
      Transaction transaction = new Transaction(handle);
      for (Task<?> task : tasks) {
        task.run(transaction);
      }
      transaction.flush();
      handle.commit();
    } catch (RuntimeException | Error failure) {
      rollback(failure);
      if (tasks.size() > 1 && SqliteFault.of(failure) == SqliteFault.OPERATION) {
        tasks.forEach(task -> commit(List.of(task)));
      } else {
        Throwable told = told(failure);
        tasks.forEach(task -> task.done.completeExceptionally(told));
      }
      return;
    }
    tasks.forEach(Task::committed);
  }

  private void rollback(Throwable failure) {
    try {
      handle.rollback();
    } catch (RuntimeException | Error second) {
      failure.addSuppressed(second);
    }
  }

  private Throwable told(Throwable failure) {
    return failure instanceof IllegalStateException
            || failure instanceof IllegalArgumentException
            || failure instanceof Error
        ? failure
        : guard.refused(failure);
  }

  /** Ends after all that was handed in is durable. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    handle.close();
  }
}
