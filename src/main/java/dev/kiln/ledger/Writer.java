package dev.kiln.ledger;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
 *
 * <p>Where the connection breaks during a commit, its operations wait until the database can be
 * asked what became of it; that is asked before anything else is written.
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

  /** A commit of which nobody knows whether it took effect. */
  private record Doubt(String transaction, List<Task<?>> tasks, Throwable failure) {}

  private final BlockingQueue<Task<?>> queue = new LinkedBlockingQueue<>();
  private final Store store;
  private final Guard guard;
  private final Thread thread;
  private @Nullable Handle handle;
  private Statements statements;
  private @Nullable Doubt doubt;
  private volatile boolean hurried;
  private volatile boolean closed;

  Writer(Store store, Guard guard) {
    this.store = store;
    this.guard = guard;
    Handle first = store.connect();
    this.handle = first;
    this.statements = new Statements(store, first.getConnection());
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

  /**
   * Has an operation run, behind all that were handed in before, and does not wait for it. What
   * goes wrong, whoever waits for it is told.
   */
  <T> Pending<T> handIn(Operation<T> operation) {
    Task<T> task = new Task<>(operation);
    try {
      guard.mustBeSound();
      queue.add(task);
    } catch (LedgerUnavailable unsound) {
      task.done.completeExceptionally(unsound);
    }
    if (closed && queue.remove(task)) {
      task.done.completeExceptionally(new LedgerUnavailable("The ledger is closed."));
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
        Task<?> next = doubt == null ? queue.take() : queue.poll(1, TimeUnit.SECONDS);
        if (next != null) {
          tasks.add(next);
        }
        queue.drainTo(tasks, MOST - tasks.size());
        commit(tasks);
        tasks.clear();
      }
    } catch (InterruptedException stop) {
      queue.drainTo(tasks);
      commit(tasks);
    }
    commit(List.of());
    if (doubt != null) {
      fail(doubt.tasks, doubt.failure);
    }
  }

  /** From here on a locked database is waited for a second at most, once for each commit. */
  void hurry() {
    hurried = true;
  }

  private void commit(List<Task<?>> tasks) {
    if (tasks.isEmpty() && doubt == null) {
      return;
    }
    Doubt before = doubt;
    String begun = null;
    boolean committing = false;
    try {
      Handle connection = connected();
      begun = store.begin(connection, hurried);
      clear(connection);
      Transaction transaction = new Transaction(connection, statements);
      for (Task<?> task : tasks) {
        task.run(transaction);
      }
      transaction.flush();
      committing = true;
      connection.commit();
    } catch (RuntimeException | Error failure) {
      rollback(failure);
      if (begun != null && committing && store.mayHaveCommitted(failure)) {
        doubt = new Doubt(begun, List.copyOf(tasks), failure);
      } else if (tasks.size() > 1 && store.fault(failure).ofOperation()) {
        tasks.forEach(task -> commit(List.of(task)));
      } else {
        fail(tasks, failure);
      }
      if (hurried && before != null && before.equals(doubt)) {
        fail(before.tasks, before.failure);
        doubt = null;
      }
      return;
    }
    tasks.forEach(Task::committed);
  }

  private Handle connected() {
    Handle open = handle;
    if (open == null) {
      open = store.connect();
      handle = open;
      statements = new Statements(store, open.getConnection());
    }
    return open;
  }

  /** Asks what became of the commit that is in doubt: it is over, since this one has begun. */
  private void clear(Handle connection) {
    Doubt known = doubt;
    if (known != null) {
      boolean committed = store.committed(connection, known.transaction);
      doubt = null;
      if (committed) {
        known.tasks.forEach(Task::committed);
      } else {
        fail(known.tasks, known.failure);
      }
    }
  }

  private void fail(List<Task<?>> tasks, Throwable failure) {
    Throwable told = told(failure);
    tasks.forEach(task -> task.done.completeExceptionally(told));
  }

  /** Undoes what was not committed; a connection that is of no use any more is let go. */
  private void rollback(Throwable failure) {
    Handle open = handle;
    if (open == null) {
      return;
    }
    try {
      try {
        statements.forget();
      } finally {
        open.rollback();
      }
    } catch (RuntimeException | Error second) {
      failure.addSuppressed(second);
    }
    if (!store.fault(failure).ofOperation() && !store.embedded()) {
      close(open, failure);
      handle = null;
    }
  }

  private static void close(Handle open, Throwable failure) {
    try {
      open.close();
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
    if (handle != null) {
      handle.close();
    }
  }
}
