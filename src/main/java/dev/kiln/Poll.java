package dev.kiln;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.filter.FilteringParserDelegate;
import com.fasterxml.jackson.core.filter.JsonPointerBasedFilter;
import com.fasterxml.jackson.core.filter.TokenFilter.Inclusion;
import dev.kiln.clay.Answer;
import dev.kiln.clay.Placeholders;
import dev.kiln.clay.Secret;
import dev.kiln.lead.ContentHash;
import dev.kiln.lead.Framer;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.Priority;
import dev.kiln.ledger.Watermark;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code poll}: fetches one page of a source into the spool, and only then moves the
 * source's watermark. With {@code next} as {@code link} each round begins at the first page, unless
 * that is unchanged and the last round was read whole; with a cursor it goes on at the last one, as
 * a cursor is a place in a feed. URLs and secrets are read anew with each page and are in no name,
 * log or message. Thread-safe.
 */
final class Poll implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Poll.class);

  /** Pages of one round; the next round goes on behind them. */
  private static final int MOST_PAGES = 1_000;

  private static final Duration LONGEST_PAGE = Duration.ofMinutes(15);
  private static final Duration LONGEST_WAIT = Duration.ofHours(1);
  private static final String NONE = "none";
  private static final String LINK = "link";

  /** Characters of base64, behind a slash: a cursor that looks like a path. */
  private static final Pattern CURSOR_OR_PATH = Pattern.compile("/[A-Za-z0-9+/_=-]*");

  /** Answers that say nothing about the page that was asked for. */
  private static final Set<Integer> NOT_THE_PAGES_FAULT = Set.of(401, 403, 408, 429);

  /** Behind a source's name, where the ledger keeps what its URL was; in no source's name. */
  private static final String URL_OF = "/url";

  /** The same for when its present round began. */
  private static final String ROUND_OF = "/round";

  /**
   * A source to poll.
   *
   * @param name its name
   * @param first the URL of its first page
   * @param header carries the secret
   * @param secret the value of that header; null without one
   * @param next how a page names the next one
   * @param cursor the parameter of the query that takes a cursor
   * @param priority the priority of its leads
   */
  record Source(
      String name,
      URI first,
      String header,
      @Nullable Secret secret,
      String next,
      String cursor,
      Priority priority) {
    /**
     * Reads a source's parameters, as the template {@code intake-poll} describes them.
     *
     * @param fault makes a fault of a message that begins with a verb
     * @throws InvalidConfiguration if one is wrong or a secret is missing
     */
    static Source of(
        String name,
        Map<String, String> parameters,
        Placeholders placeholders,
        Function<String, InvalidConfiguration> fault) {
      String header = parameters.getOrDefault("header", HttpPeer.AUTHORIZATION);
      String next = parameters.getOrDefault("next", NONE);
      String secret = parameters.getOrDefault("secret", NONE);
      if (!next.equals(NONE) && !next.equals(LINK) && !next.startsWith("/")) {
        throw fault.apply(
            "has \""
                + next
                + "\" as its parameter next; valid: none, link, or a JSON pointer such as /paging/next");
      }
      Priority priority;
      try {
        priority = Priority.of(parameters.getOrDefault("priority", Priority.NORMAL.word()));
      } catch (IllegalArgumentException unknown) {
        throw fault.apply("has a parameter priority that is none; valid: high, normal, low");
      }
      HttpPeer peer =
          HttpPeer.of(parameters.getOrDefault("url", ""), header, secret, placeholders, fault);
      return new Source(
          name,
          peer.url(),
          header,
          peer.secret(),
          next,
          parameters.getOrDefault("cursor", "cursor"),
          priority);
    }

    boolean linked() {
      return next.equals(LINK);
    }

    /** Where a position of the watermark is. */
    URI at(String position) {
      if (position.isEmpty()) {
        return first;
      }
      if (isUrl(position)) {
        return URI.create(position);
      }
      String query = first.getRawQuery();
      String parameter = cursor + "=" + URLEncoder.encode(position, StandardCharsets.UTF_8);
      return first.resolve(
          first.getRawPath() + "?" + (query == null ? "" : query + "&") + parameter);
    }

    /** Whether a URL is on the source's own server: no other one is to get the secret. */
    boolean isAt(URI url) {
      return Objects.equals(url.getScheme(), first.getScheme())
          && Objects.equals(url.getRawAuthority(), first.getRawAuthority());
    }

    /** Whether a position of the watermark can be asked for. */
    boolean reaches(String position) {
      try {
        return !isUrl(position) || isAt(URI.create(position));
      } catch (IllegalArgumentException notAUrl) {
        return false;
      }
    }

    /**
     * What tells its URL from another one and gives nothing away: as the position a digest of
     * server and path, as the ETag one of the whole.
     */
    Watermark place() {
      return new Watermark(
          ContentHash.digest(
              first.getScheme() + "://" + first.getRawAuthority() + first.getRawPath()),
          ContentHash.digest(first.toString()),
          "");
    }

    /**
     * The cursor that a position may be that was taken for a path; empty where it can be none, such
     * as a path beside that of the first page.
     */
    String cursorIn(String position) {
      if (linked() || !isUrl(position)) {
        return "";
      }
      URI url = URI.create(position);
      String text = position.substring(position.indexOf(url.getRawPath(), "https://".length()));
      String beside = first.getRawPath().replaceFirst("(?<=[^/])/.*", "");
      boolean path = beside.length() > 1 && (text.equals(beside) || text.startsWith(beside + "/"));
      return !path && CURSOR_OR_PATH.matcher(text).matches() ? text : "";
    }

    /** Without URL and secret. */
    @Override
    public String toString() {
      return "Source[" + name + "]";
    }
  }

  private static boolean isUrl(String position) {
    return position.startsWith("http://") || position.startsWith("https://");
  }

  private final Duties duties;
  private final Spool spool;
  private final Ledger ledger;
  private final Placeholders placeholders;
  private final Duration responseTimeout;
  private final Outbound outbound;
  private final Map<String, Integer> pages = new ConcurrentHashMap<>();
  private final Map<String, Instant> notBefore = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<?>> asked = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * A poll of any number of sources.
   *
   * @param duties knows whether this node asks a source
   * @param spool where pages go
   * @param ledger keeps the watermarks
   * @param placeholders knows the secrets
   * @param connectTimeout how long to wait for a connection
   * @param responseTimeout how long to wait for an answer to begin
   */
  Poll(
      Duties duties,
      Spool spool,
      Ledger ledger,
      Placeholders placeholders,
      Duration connectTimeout,
      Duration responseTimeout) {
    this.duties = duties;
    this.spool = spool;
    this.ledger = ledger;
    this.placeholders = placeholders;
    this.responseTimeout = responseTimeout;
    this.outbound = new Outbound(connectTimeout);
  }

  /**
   * Fetches the next page of a source, if there is one.
   *
   * @return whether another page is to be fetched at once
   */
  public boolean fetch(
      String source,
      String url,
      String secret,
      String header,
      String next,
      String cursor,
      String priority)
      throws InterruptedException {
    boolean more = false;
    try {
      if (duties.mine("poll " + source)
          && !ledger.now().isBefore(notBefore.getOrDefault(source, Instant.MIN))) {
        Map<String, String> parameters =
            Map.of(
                "url",
                url,
                "secret",
                secret,
                "header",
                header,
                "next",
                next,
                "cursor",
                cursor,
                "priority",
                priority);
        more =
            fetch(
                Source.of(
                    source,
                    parameters,
                    placeholders,
                    fault -> new InvalidConfiguration(Path.of("intake-poll-" + source), fault)));
      }
    } catch (RefusedBody | InvalidConfiguration | LedgerUnavailable problem) {
      waits(source, String.valueOf(problem.getMessage()));
    } catch (IOException failure) {
      // Its message may hold the URL.
      waits(source, "it cannot be fetched (" + failure.getClass().getSimpleName() + ")");
    } catch (RuntimeException unforeseen) {
      // The scheduler would ask again at once; its message may hold the URL, too.
      waits(source, "it fails (" + unforeseen.getClass().getSimpleName() + ")");
    }
    if (more && pages.merge(source, 1, Integer::sum) < MOST_PAGES) {
      return true;
    }
    pages.remove(source);
    return false;
  }

  private void waits(String source, String problem) {
    if (!closed) {
      LOG.warn("Source {}: {}; it is asked again at its next time", source, problem);
    }
  }

  private boolean fetch(Source from) throws IOException, RefusedBody, InterruptedException {
    Watermark mark = mark(from);
    boolean first = mark.position().isEmpty();
    Path part = spool.begin();
    try {
      boolean conditional = !from.linked() || (first && roundWasRead(from));
      HttpResponse<Path> response = ask(from, mark, conditional, part);
      switch (response.statusCode()) {
        case 200 -> {
          return take(from, mark, response, spool.complete(part));
        }
        case 204, 304 -> LOG.debug("Source {}: nothing new", from.name());
        default -> {
          return refused(from, mark, response);
        }
      }
      return false;
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /**
   * Whether no page of a source was refused since its last round began: while the first page is
   * unchanged those behind it are not asked for, so one that was no leads then would never be read.
   */
  private boolean roundWasRead(Source from) {
    String began = ledger.watermark(from.name() + ROUND_OF).position();
    return !ledger
        .view()
        .refusedSince(from.name(), began.isEmpty() ? Instant.EPOCH : Instant.parse(began));
  }

  /**
   * How far a source was read: not at all where its URL is that of another server or path now,
   * since positions and validators belong to the pages that they came with.
   */
  private Watermark mark(Source from) {
    Watermark mark = ledger.watermark(from.name());
    Watermark was = ledger.watermark(from.name() + URL_OF);
    Watermark is = from.place();
    boolean known = was.equals(Watermark.START) || was.equals(is);
    Watermark now = known ? mark : new Watermark(mark.position(), "", "");
    if (!from.reaches(mark.position()) || (!known && !was.position().equals(is.position()))) {
      now = Watermark.START;
    }
    if (!now.equals(mark)) {
      ledger.move(from.name(), now);
      LOG.warn(
          "Source {}: it was read at another URL before, so {}",
          from.name(),
          now.equals(Watermark.START)
              ? "it begins at its first page"
              : "the page that it goes on at is read anew");
    }
    if (!was.equals(is)) {
      ledger.move(from.name() + URL_OF, is);
    }
    return now;
  }

  /** Notes an answer that is no page; whether the same is to be asked for otherwise, at once. */
  private boolean refused(Source from, Watermark mark, HttpResponse<Path> response) {
    int status = response.statusCode();
    Instant now = ledger.now();
    Duration wait =
        Answer.retryAfter(
            response.headers().firstValue("Retry-After").orElse(null), now, LONGEST_WAIT);
    notBefore.put(from.name(), wait == null ? now : now.plus(wait));
    if (!mark.position().isEmpty() && status / 100 == 4 && !NOT_THE_PAGES_FAULT.contains(status)) {
      return otherwise(from, mark, status);
    }
    waits(
        from.name(),
        "it answers "
            + status
            + (status == 401 || status == 403 ? ": look at its secret" : "")
            + (status / 100 == 3 ? ": it has moved, look at its URL" : ""));
    return false;
  }

  /** Gives up a position that the source does not know, so that it is not asked for for ever. */
  private boolean otherwise(Source from, Watermark mark, int status) {
    String cursor = from.cursorIn(mark.position());
    if (!cursor.isEmpty()) {
      ledger.move(from.name(), new Watermark(cursor, "", ""));
      LOG.info(
          "Source {}: it answers {} for a next page that looks like a path; it is taken for a cursor",
          from.name(),
          status);
      return true;
    }
    ledger.move(from.name(), Watermark.START);
    waits(
        from.name(),
        "it answers "
            + status
            + " for a page behind its first one, so that is where it begins anew");
    return false;
  }

  private HttpResponse<Path> ask(Source from, Watermark mark, boolean conditional, Path part)
      throws IOException, RefusedBody, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(from.at(mark.position()))
            .timeout(responseTimeout)
            .header("User-Agent", "Kiln")
            .header("Accept", "application/json, application/x-ndjson, text/csv, */*;q=0.1");
    if (from.secret() != null) {
      request.header(from.header(), from.secret().reveal());
    }
    if (conditional && !mark.etag().isEmpty()) {
      request.header("If-None-Match", mark.etag());
    }
    if (conditional && !mark.lastModified().isEmpty()) {
      request.header("If-Modified-Since", mark.lastModified());
    }
    CompletableFuture<HttpResponse<Path>> answer =
        outbound
            .client()
            .sendAsync(
                request.build(),
                head ->
                    head.statusCode() == 200
                        ? new Bounded(BodySubscribers.ofFile(part), spool.largest())
                        : BodySubscribers.replacing(part));
    asked.put(from.name(), answer);
    try {
      if (closed) {
        answer.cancel(true);
      }
      return answer.get(LONGEST_PAGE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failure) {
      RefusedBody tooLarge = ObjectHelper.getException(RefusedBody.class, failure);
      if (tooLarge != null) {
        throw tooLarge;
      }
      throw failure.getCause() instanceof IOException cause ? cause : new IOException(failure);
    } catch (TimeoutException | CancellationException late) {
      answer.cancel(true);
      throw new IOException(late);
    } finally {
      asked.remove(from.name());
    }
  }

  /** Keeps a page and moves the watermark; whether there is another one. */
  private boolean take(Source from, Watermark mark, HttpResponse<Path> response, Spool.Content page)
      throws IOException, RefusedBody {
    @Nullable String next;
    boolean empty;
    boolean refused;
    try {
      next = next(from, mark, response, page.part());
      empty = empty(from, page.part());
      refused = !empty && refusedBefore(from, page);
      if (from.linked() && mark.position().isEmpty()) {
        ledger.move(from.name() + ROUND_OF, new Watermark(ledger.now().toString(), "", ""));
      }
      if (!empty && !refused) {
        Spool.Kept kept =
            spool
                .keep(page, "GET " + from.name(), from.name(), from.priority(), null, null)
                .orElseThrow();
        LOG.info(
            "Source {}: a page of {} bytes is run {}", from.name(), page.bytes(), kept.run().id());
        if (kept.file() != null) {
          spool.leave(kept.file());
        }
      }
    } finally {
      Files.deleteIfExists(page.part());
    }
    if (next == null) {
      throw new RefusedBody(
          400, "its page is no valid JSON before it names the next page, which is not known so");
    }
    Watermark moved = moved(from, mark, response, next);
    if (from.linked() && refused) {
      // What was refused before is not refused again, so the round itself has to remember it.
      moved = new Watermark(moved.position(), "", "");
    }
    boolean goesOn = !next.isEmpty() && !moved.position().equals(mark.position());
    if (!moved.equals(mark)) {
      ledger.move(from.name(), moved);
    }
    return goesOn && (from.linked() || !empty);
  }

  private static Watermark moved(
      Source from, Watermark mark, HttpResponse<Path> response, String next) {
    String etag = response.headers().firstValue("ETag").orElse("");
    String modified = response.headers().firstValue("Last-Modified").orElse("");
    if (from.linked()) {
      return mark.position().isEmpty()
          ? new Watermark(next, etag, modified)
          : new Watermark(next, mark.etag(), mark.lastModified());
    }
    return next.isEmpty() || next.equals(mark.position())
        ? new Watermark(mark.position(), etag, modified)
        : new Watermark(next, "", "");
  }

  /** Whether this page was read before and was no leads: it is not refused over and over. */
  private boolean refusedBefore(Source from, Spool.Content page) {
    return !ledger.view().refused(page.hash(), from.name()).isEmpty()
        && ledger.view().run(page.hash(), from.name()).isEmpty();
  }

  /** The position of the next page; empty where this is the last one, null where none can tell. */
  private static @Nullable String next(
      Source from, Watermark mark, HttpResponse<Path> response, Path page)
      throws IOException, RefusedBody {
    @Nullable String next =
        from.linked()
            ? LinkHeader.next(response.headers().allValues("Link"))
            : from.next().equals(NONE) ? "" : pointed(JsonPointer.compile(from.next()), page);
    if (next == null || next.isEmpty()) {
      return next;
    }
    if (next.chars().anyMatch(Character::isISOControl)) {
      throw new RefusedBody(400, "its page names a next page that holds control characters");
    }
    if (!from.linked() && isCursor(next, mark.position())) {
      return next;
    }
    try {
      URI url = response.uri().resolve(next);
      if (from.isAt(url)) {
        return url.toString();
      }
    } catch (IllegalArgumentException notAUrl) {
      // told below
    }
    throw new RefusedBody(400, "its page names a next page that is not on the same server");
  }

  /**
   * Whether the text of a next page is a cursor: what is neither a URL nor a path, and also what
   * begins like a path where the cursor before it did, or like a server and is none.
   */
  private static boolean isCursor(String next, String before) {
    return !isUrl(next)
        && (!next.startsWith("/")
            || before.startsWith("/")
            || (next.startsWith("//") && CURSOR_OR_PATH.matcher(next).matches()));
  }

  /** What a pointer names; empty where it names nothing, null where the page breaks before. */
  private static @Nullable String pointed(JsonPointer pointer, Path page) throws IOException {
    try (JsonParser value =
        new FilteringParserDelegate(
            Framer.json().createParser(page.toFile()),
            new JsonPointerBasedFilter(pointer),
            Inclusion.ONLY_INCLUDE_ALL,
            false)) {
      JsonToken token = value.nextToken();
      return token == JsonToken.VALUE_STRING || (token != null && token.isNumeric())
          ? value.getText().strip()
          : "";
    } catch (JsonProcessingException notJson) {
      // Of what is no JSON at all, whoever reads the page says so.
      return begins(page) ? null : "";
    }
  }

  /** Whether a page begins as JSON does that can name a next page. */
  private static boolean begins(Path page) throws IOException {
    try (JsonParser json = Framer.json().createParser(page.toFile())) {
      JsonToken token = json.nextToken();
      return token != null && token.isStructStart();
    } catch (JsonProcessingException notJson) {
      return false;
    }
  }

  /** Whether a page holds nothing: no character, an empty array, or no element under a cursor. */
  private static boolean empty(Source from, Path page) throws IOException {
    boolean wraps = from.next().startsWith("/");
    try (JsonParser json = Framer.json().createParser(page.toFile())) {
      JsonToken token = json.nextToken();
      if (token == null) {
        return true;
      }
      boolean arrays = false;
      int depth = 0;
      for (; token != null; token = json.nextToken()) {
        if (token == JsonToken.START_ARRAY) {
          arrays = true;
          depth++;
        } else if (token == JsonToken.END_ARRAY) {
          depth--;
        } else if (depth > 0 || !wraps) {
          return false;
        }
      }
      return arrays;
    } catch (JsonProcessingException notJson) {
      return false;
    }
  }

  /** Lets go of what is being fetched. */
  @Override
  public void close() {
    closed = true;
    asked.values().forEach(answer -> answer.cancel(true));
  }

  /** A body into a file, up to a number of bytes. */
  private static final class Bounded implements BodySubscriber<Path> {
    private final BodySubscriber<Path> file;
    private final long largest;
    private long left;
    private Flow.@Nullable Subscription subscription;

    Bounded(BodySubscriber<Path> file, long largest) {
      this.file = file;
      this.largest = largest;
      this.left = largest;
    }

    @Override
    public void onSubscribe(Flow.Subscription to) {
      subscription = to;
      file.onSubscribe(to);
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
      if (left < 0) {
        return;
      }
      pieces.forEach(piece -> left -= piece.remaining());
      if (left >= 0) {
        file.onNext(pieces);
      } else {
        if (subscription != null) {
          subscription.cancel();
        }
        file.onError(
            new RefusedBody(
                413,
                "its page is larger than the "
                    + largest
                    + " bytes of kiln.http.largest-upload: let its URL ask for fewer rows"));
      }
    }

    @Override
    public void onError(Throwable failure) {
      file.onError(failure);
    }

    @Override
    public void onComplete() {
      if (left >= 0) {
        file.onComplete();
      }
    }

    @Override
    public CompletionStage<Path> getBody() {
      return file.getBody();
    }
  }
}
