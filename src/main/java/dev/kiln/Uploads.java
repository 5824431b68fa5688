package dev.kiln;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.ledger.DedupeMode;
import dev.kiln.ledger.LeadState;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerView.LeadLine;
import dev.kiln.ledger.LedgerView.RunAccount;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Run;
import dev.kiln.status.StatusJson;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /leads} and {@code GET /runs/<id>}. A body goes to the spool as it comes in; nothing
 * of the request reaches a route but its bytes, and the source and priority of its query. Up to 1
 * MB it is read before the answer, above that it is answered once it is durable. Uploads have
 * threads of their own, so that no other request waits for them.
 */
final class Uploads implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Uploads.class);

  /** The largest body that is read before the answer. */
  private static final long READ_AT_ONCE = 1 << 20;

  private static final int MOST_REJECTIONS = 100;
  private static final int LONGEST_KEY = 255;

  /** How long a stop waits for what is still done with files. */
  private static final long STOP_SECONDS = 1;

  private static final String NAME = "POST /leads";

  /** Content types that can be leads; the content decides. The form is what curl says unasked. */
  private static final Set<String> TYPES =
      Set.of(
          "",
          "text/csv",
          "text/plain",
          "text/tab-separated-values",
          "text/json",
          "application/csv",
          "application/json",
          "application/x-ndjson",
          "application/ndjson",
          "application/jsonl",
          "application/x-jsonlines",
          "application/gzip",
          "application/x-gzip",
          "application/octet-stream",
          "application/x-www-form-urlencoded",
          "application/vnd.ms-excel",
          "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");

  private static final Set<String> ENCODINGS = Set.of("", "identity", "gzip", "x-gzip");

  /** What a request asks for. */
  private record Wanted(
      String source, Priority priority, @Nullable DedupeMode dedupe, @Nullable String key) {}

  private final Spool spool;
  private final Ledger ledger;
  private final ProducerTemplate routes;
  private final int atOnce;
  private final Duration stall;
  private final AtomicInteger uploads = new AtomicInteger();
  private final ExecutorService threads;

  /**
   * Uploads.
   *
   * @param spool where bodies go
   * @param ledger knows the runs
   * @param routes sends to {@code direct:accept}
   * @param atOnce uploads that are taken at once
   * @param stall how long an upload may bring less than 1 kB a second
   */
  Uploads(Spool spool, Ledger ledger, ProducerTemplate routes, int atOnce, Duration stall) {
    this.spool = spool;
    this.ledger = ledger;
    this.routes = routes;
    this.atOnce = atOnce;
    this.stall = stall;
    this.threads = Executors.newFixedThreadPool(atOnce, Daemons.named("kiln-uploads"));
  }

  // ---- GET /runs/<id> ----

  /** Answers the account of a run. */
  void run(HttpCall call) throws HttpRefusal {
    call.parameters(Set.of());
    call.answer(
        () ->
            ledger
                .view()
                .awaiting(call.segment())
                .map(run -> HttpReply.of(200, StatusJson.of(run)))
                .orElseGet(() -> HttpReply.error(404, "there is no run of this id")),
        () -> {});
  }

  // ---- POST /leads ----

  /** Takes an upload. */
  void post(HttpCall call) throws HttpRefusal {
    Wanted wanted = wanted(call);
    String length = call.header("Content-Length");
    if (!length.matches("\\d*")) {
      throw new HttpRefusal(400, "the Content-Length is no number");
    }
    if (length.length() > 18 || (!length.isEmpty() && Long.parseLong(length) > spool.largest())) {
      throw refusal(RefusedBody.tooLarge(spool.largest()));
    }
    if (uploads.incrementAndGet() > atOnce) {
      uploads.decrementAndGet();
      throw new HttpRefusal(HttpReply.later(429, 5, atOnce + " uploads are under way; try again"));
    }
    new Upload(call, wanted).begin();
  }

  private static Wanted wanted(HttpCall call) throws HttpRefusal {
    Map<String, String> query = call.parameters(Set.of("source", "priority", "dedupe"));
    String type = call.header("Content-Type").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    if (!TYPES.contains(type)) {
      throw new HttpRefusal(
          415,
          "leads do not come as "
              + (type.startsWith("multipart/")
                  ? "a form: post the file itself (curl --data-binary @FILE)"
                  : "this type: valid are text/csv, application/json and application/x-ndjson"));
    }
    if (!ENCODINGS.contains(call.header("Content-Encoding").toLowerCase(Locale.ROOT))) {
      throw new HttpRefusal(
          HttpReply.error(415, "the only Content-Encoding is gzip")
              .with("Accept-Encoding", "gzip"));
    }
    String key = call.header("Idempotency-Key");
    if (key.length() > LONGEST_KEY) {
      throw new HttpRefusal(
          400, "the Idempotency-Key is longer than " + LONGEST_KEY + " characters");
    }
    String source =
        SourceName.of(query.getOrDefault("source", ""))
            .orElseThrow(() -> new HttpRefusal(400, "the parameter \"source\" " + SourceName.RULE));
    return new Wanted(
        source, priority(query), dedupe(query.get("dedupe")), key.isEmpty() ? null : key);
  }

  private static Priority priority(Map<String, String> query) throws HttpRefusal {
    try {
      return Priority.of(query.getOrDefault("priority", Priority.NORMAL.word()));
    } catch (IllegalArgumentException unknown) {
      throw new HttpRefusal(400, String.valueOf(unknown.getMessage()));
    }
  }

  private static @Nullable DedupeMode dedupe(@Nullable String mode) throws HttpRefusal {
    try {
      return mode == null ? null : DedupeMode.of(mode);
    } catch (IllegalArgumentException unknown) {
      throw new HttpRefusal(400, "the parameter \"dedupe\" " + unknown.getMessage());
    }
  }

  private static HttpRefusal refusal(RefusedBody refused) {
    return new HttpRefusal(refused.status(), String.valueOf(refused.getMessage()));
  }

  private static HttpRefusal notStored(Throwable failure) {
    Throwable cause = failure.getCause();
    LOG.warn(
        "An upload cannot be stored: {}",
        (failure instanceof CompletionException && cause != null ? cause : failure).toString());
    return new HttpRefusal(
        HttpReply.later(
            503, 30, "Kiln cannot store at present; nothing was taken. Its log says why"));
  }

  /** What is done with the file of an upload, on a thread that may block. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException;
  }

  /** One body on its way to the spool. Confined to its event loop, but for its file. */
  private final class Upload {
    private final HttpCall call;
    private final Wanted wanted;
    private final Path part = spool.begin();

    /** The part, from the first step on; belongs to the steps, of which one follows the other. */
    private @Nullable FileChannel file;

    /** The step that was begun last; it fails if any before it did. */
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);

    private long bytes;
    private long bytesAtLook;
    private long look;
    private boolean ended;

    Upload(HttpCall call, Wanted wanted) {
      this.call = call;
      this.wanted = wanted;
    }

    void begin() {
      call.request().pause();
      call.request().exceptionHandler(gone -> giveUp(null));
      call.request().handler(this::take);
      call.request().endHandler(all -> end());
      look = call.vertx().setPeriodic(stall.toMillis(), this::look);
      then(
          () ->
              file =
                  FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
          this::receive);
    }

    /** Does something with the file once all before it is done; then goes on, or gives up. */
    private void then(Step step, Runnable next) {
      CompletableFuture<Void> done =
          last.thenRunAsync(
              () -> {
                try {
                  step.run();
                } catch (IOException failure) {
                  throw new CompletionException(failure);
                }
              },
              threads);
      last = done;
      Future<Void> unused =
          Future.fromCompletionStage(done, call.vertx().getOrCreateContext())
              .onSuccess(
                  did -> {
                    if (!ended) {
                      next.run();
                    }
                  })
              .onFailure(failure -> giveUp(notStored(failure)));
    }

    private void receive() {
      if (call.header("Expect").equalsIgnoreCase("100-continue")) {
        call.request().response().writeContinue();
      }
      call.request().resume();
    }

    /** Writes a piece, and asks for the next one when it is written. */
    private void take(Buffer piece) {
      if (ended) {
        return;
      }
      bytes += piece.length();
      if (bytes > spool.largest()) {
        giveUp(refusal(RefusedBody.tooLarge(spool.largest())));
        return;
      }
      call.request().pause();
      then(() -> write(piece.getBytes()), call.request()::resume);
    }

    private void write(byte[] piece) throws IOException {
      ByteBuffer left = ByteBuffer.wrap(piece);
      while (left.hasRemaining()) {
        int unused = Objects.requireNonNull(file).write(left);
      }
    }

    private void look(long timer) {
      if (bytes - bytesAtLook < stall.toMillis()) {
        giveUp(
            new HttpRefusal(408, "the upload came at less than 1 kB a second; nothing was taken"));
      }
      bytesAtLook = bytes;
    }

    /** Ends without a trace: sent away, or without an answer where the client is gone. */
    private void giveUp(@Nullable HttpRefusal refusal) {
      if (ended) {
        return;
      }
      leave();
      uploads.decrementAndGet();
      last = last.handleAsync((done, failure) -> delete(), threads);
      if (refusal != null) {
        Future<Void> unused = call.answer(refusal.reply());
      }
    }

    private void leave() {
      ended = true;
      call.vertx().cancelTimer(look);
    }

    private @Nullable Void delete() {
      FileChannel opened = file;
      if (opened != null) {
        try {
          opened.close();
          Files.deleteIfExists(part);
        } catch (IOException failure) {
          LOG.warn("{} stays until Kiln stops: {}", part.getFileName(), failure.toString());
        }
      }
      return null;
    }

    private void end() {
      if (ended) {
        return;
      }
      long came = bytes;
      then(
          () -> {
            Objects.requireNonNull(file).close();
            long kept = Files.size(part);
            if (kept != came) {
              throw new IOException(kept + " of " + came + " bytes are on the disk");
            }
          },
          () -> {
            leave();
            call.answer(threads, () -> store(part, wanted), uploads::decrementAndGet);
          });
    }
  }

  /** Waits a little until what was sent away is deleted. */
  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.debug("Some uploads are cut off");
        threads.shutdownNow();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Keeps a body that came in whole, and reads it where it is small. */
  private HttpReply store(Path part, Wanted wanted) throws HttpRefusal {
    Spool.Content content;
    Spool.Kept kept;
    try {
      content = spool.complete(part);
      Optional<Spool.Kept> taken =
          spool.keep(content, NAME, wanted.source, wanted.priority, wanted.dedupe, wanted.key);
      if (taken.isEmpty()) {
        throw new HttpRefusal(
            422, "this Idempotency-Key stands for another body or source: use a new one");
      }
      kept = taken.get();
    } catch (RefusedBody refused) {
      throw refusal(refused);
    } catch (IOException failure) {
      throw notStored(failure);
    }
    Run run = kept.run();
    Path file = kept.file();
    if (run.finished()) {
      return read(run, true);
    }
    if (file == null) {
      return accepted(run);
    }
    if (content.bytes() > READ_AT_ONCE) {
      spool.leave(file);
      return accepted(run);
    }
    Exchange exchange = Intake.accept(routes, file, run.source(), run.priority(), null);
    Intake.Reading reading = exchange.getProperty("run", Intake.Reading.class);
    String destination = exchange.getProperty("destination", String.class);
    if (reading == null || destination == null || !ledger.run(run.id()).orElse(run).finished()) {
      LOG.info("Run {} is read later", run.id());
      spool.leave(file);
      return accepted(run);
    }
    spool.archive(reading, file, Path.of(destination));
    return read(run, run.resumed());
  }

  private static HttpReply accepted(Run run) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("run", run.id());
    return HttpReply.of(202, json.put("location", location(run))).with("Location", location(run));
  }

  private static String location(Run run) {
    return "/runs/" + run.id();
  }

  /** What became of a body that was read to its end, now or before. */
  private HttpReply read(Run run, boolean again) {
    RunAccount account = ledger.view().account(run.id()).orElseThrow();
    Map<LeadState, Long> states = account.states();
    long rejected = states.getOrDefault(LeadState.REJECTED, 0L);
    long duplicates = states.getOrDefault(LeadState.DUPLICATE, 0L);
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    List<LeadLine> rejections =
        ledger.view().leads(run.id(), LeadState.REJECTED, false, MOST_REJECTIONS);
    boolean none =
        account.phase().equals("REFUSED") || (rejected > 0 && rejected == account.read());
    if (none && rejections.isEmpty()) {
      json.put("error", account.problem().replace(run.id(), "the body"));
    } else if (none) {
      json.put("error", "none of the rows can be used: " + rejections.get(0).reason());
      json.put("line", rejections.get(0).line());
    }
    json.put("run", run.id())
        .put("location", location(run))
        .put("already_read", again)
        .put("read", account.read())
        .put("skipped", account.skipped())
        .put("queued", account.read() - rejected - duplicates)
        .put("duplicates", duplicates)
        .put("rejected", rejected);
    ArrayNode listed = json.putArray("rejections");
    rejections.forEach(
        rejection ->
            listed.addObject().put("line", rejection.line()).put("reason", rejection.reason()));
    return HttpReply.of(none ? 400 : again ? 200 : 201, json).with("Location", location(run));
  }
}
