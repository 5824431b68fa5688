package dev.kiln;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kiln.clay.Delivery;
import dev.kiln.clay.Placeholders;
import dev.kiln.lead.EnrichedRow;
import dev.kiln.lead.InvalidConfiguration;
import dev.kiln.ledger.Enriched;
import dev.kiln.ledger.Ledger;
import dev.kiln.ledger.LedgerUnavailable;
import dev.kiln.ledger.Onward;
import dev.kiln.ledger.OutsideTable;
import dev.kiln.ledger.RowRefused;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.component.direct.DirectConsumerNotAvailableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bean {@code onward}: hands results to targets, each at its own pace. The ledger knows how far
 * a target is, so a crash hands over a page twice rather than never. A target that fails is tried
 * again for as long as it takes; a row that it does not take, for the row's own fault, is kept as a
 * dead letter. One node serves a target for all that share a ledger. URLs and secrets are read anew
 * with each page and are in no name, log or message. Thread-safe.
 */
public final class OnwardBean {
  private static final Logger LOG = LoggerFactory.getLogger(OnwardBean.class);
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final int MOST_DOUBLINGS = 20;

  /** How often a failure that is neither the target's nor the row's for certain is tried. */
  private static final int ATTEMPTS = 9;

  /** What an HTTP target says of a row that it would not take later either. */
  private static final Set<Integer> ROWS_FAULT = Set.of(400, 409, 413, 415, 422);

  private static final Pattern OF_TARGET =
      Pattern.compile("(?:scheduler|direct)://(?:onward|enriched)-([^?]+).*");

  /** A row that may itself be what a route fails by. */
  private record Suspect(long row, int failures) {}

  private final Duties duties;
  private final Ledger ledger;
  private final ResultFiles files;
  private final Placeholders placeholders;
  private final Duration longestWait;
  private final HttpPoster poster;
  private final Delivery delivery;
  private final Map<String, Suspect> suspected = new ConcurrentHashMap<>();
  private final ObjectMapper json =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  /**
   * The bean.
   *
   * @param duties knows whether this node hands over to a target
   * @param ledger has the results, and how far each target is
   * @param files writes the files of results
   * @param placeholders knows the secrets
   * @param longestWait between two tries of a target
   * @param poster posts to HTTP targets
   * @param delivery knows whether the ledger can be used: nothing is handed over where it cannot
   */
  OnwardBean(
      Duties duties,
      Ledger ledger,
      ResultFiles files,
      Placeholders placeholders,
      Duration longestWait,
      HttpPoster poster,
      Delivery delivery) {
    this.duties = duties;
    this.ledger = ledger;
    this.files = files;
    this.placeholders = placeholders;
    this.longestWait = longestWait;
    this.poster = poster;
    this.delivery = delivery;
  }

  /** The targets that have routes, whether these run or are stopped. */
  static Set<String> targets(CamelContext camel) {
    return camel.getRoutes().stream()
        .map(route -> OF_TARGET.matcher(route.getEndpoint().getEndpointUri()))
        .filter(Matcher::matches)
        .map(name -> name.group(1))
        .collect(Collectors.toSet());
  }

  /**
   * The rows that a target has to take next; null where there are none or it has to wait. After a
   * failure they go one by one until one is taken, so that none suffers for another.
   *
   * @param target the target's name
   * @param rows how many at once
   */
  public @Nullable OnwardPage next(String target, int rows) {
    if (poster.closed() || delivery.standsStill()) {
      return null;
    }
    try {
      // The duty first: where it was another's until now, that one may just have gone on.
      if (!duties.mine(Onward.duty(target))) {
        return null;
      }
      Onward state = ledger.onward(target);
      if (state.waits(ledger.now())) {
        return null;
      }
      List<Enriched> next = ledger.next(state, state.failures() > 0 ? 1 : rows);
      return next.isEmpty() ? null : new OnwardPage(state, next, rows == 1);
    } catch (LedgerUnavailable unavailable) {
      delivery.standStill(unavailable);
      return null;
    }
  }

  /** Notes that the target has taken a page. */
  public void done(@ExchangeProperty("results") OnwardPage page) {
    book(page, () -> ledger.wentOn(page.from(), duties.holder(), page.last(), page.written()));
  }

  /** Notes something in the ledger; where that cannot be, the page is handed over once more. */
  private void book(OnwardPage page, BooleanSupplier note) {
    try {
      if (!note.getAsBoolean()) {
        LOG.info(
            "Target {}: another node hands over to it now, and hands over this node's last page again",
            page.target());
      }
    } catch (LedgerUnavailable unavailable) {
      delivery.standStill(unavailable);
    }
  }

  /** Notes that the target has not taken a page, and what becomes of it. */
  public void failed(@ExchangeProperty("results") OnwardPage page, Exception failure) {
    if (!poster.closed()) {
      book(page, () -> noteFailure(page, failure));
    }
  }

  /** How often the row went wrong for what may be its own fault, since the last other row did. */
  private int failures(OnwardPage page) {
    return suspected.compute(
            page.target(),
            (target, known) ->
                known != null && known.row == page.last()
                    ? new Suspect(known.row, known.failures + 1)
                    : new Suspect(page.last(), 1))
        .failures;
  }

  private boolean noteFailure(OnwardPage page, Exception failure) {
    int failures = page.from().failures();
    boolean alone = page.rows().size() == 1;
    boolean targets =
        failure instanceof IOException
            || failure instanceof UncheckedIOException
            || failure instanceof InvalidConfiguration
            || failure instanceof DirectConsumerNotAvailableException;
    String reason =
        failure instanceof DirectConsumerNotAvailableException
            ? "no route direct:enriched-" + page.target() + " runs"
            : targets || failure instanceof RowRefused
                ? String.valueOf(failure.getMessage())
                : "its route fails (" + failure.getClass().getSimpleName() + ")";
    boolean refused = failure instanceof RowRefused;
    int own = alone && !refused && !targets ? failures(page) : 0;
    if ((alone && refused) || own >= ATTEMPTS) {
      if (!ledger.dead(page.from(), duties.holder(), page.last(), reason)) {
        return false;
      }
      LOG.warn(
          "Target {} does not take the row of lead {}: {}; \"kiln redeliver {}\" tries it again",
          page.target(),
          page.rows().get(0).leadId(),
          reason,
          page.target());
      return true;
    }
    Duration wait = refused ? Duration.ZERO : waitAfter(own > 0 ? own - 1 : failures);
    if (!ledger.waits(page.from(), duties.holder(), reason, ledger.now().plus(wait))) {
      return false;
    }
    if (failures == 0 && !refused) {
      LOG.warn(
          "Target {} waits: {}; it is tried again until it takes its rows", page.target(), reason);
    }
    return true;
  }

  private Duration waitAfter(int failures) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(failures, MOST_DOUBLINGS));
    return wait.compareTo(longestWait) < 0 ? wait : longestWait;
  }

  /** Writes a page to files of its tables. */
  public void write(@ExchangeProperty("results") OnwardPage page) throws IOException {
    page.written(files.append(page.rows(), page.written()));
  }

  /**
   * Posts a page: one JSON object where the target takes one row at a time, else an array.
   *
   * @param page the page
   * @param url the file under config/secrets that holds the URL
   * @param secret the file that holds the value of the header, or none
   * @param header the header that carries the secret
   * @throws RowRefused if the target does not take a row for the row's own fault
   * @throws IOException if it cannot be reached or answers otherwise
   */
  public void post(
      @ExchangeProperty("results") OnwardPage page, String url, String secret, String header)
      throws IOException, InterruptedException {
    HttpPeer peer = HttpPeer.of(url, header, secret, placeholders, fault(page));
    int status = poster.post(peer, json(page).toString(), page.target());
    if (ROWS_FAULT.contains(status)) {
      throw new RowRefused("it answers " + status);
    }
    if (status / 100 != 2) {
      throw new IOException("it answers " + status);
    }
  }

  private JsonNode json(OnwardPage page) throws JsonProcessingException {
    ArrayNode array = json.createArrayNode();
    for (Enriched row : page.rows()) {
      ObjectNode node =
          array
              .addObject()
              .put("lead_id", row.leadId())
              .put("run_id", row.run())
              .put("table", row.table())
              .put("received_at", row.receivedAt().toString());
      node.set("result", json.readTree(row.body()));
    }
    return page.single() ? array.get(0) : array;
  }

  /**
   * Executes a statement for each row of a page in another database, all or none. Its parameters
   * are the row's fields, and {@code lead_id}, {@code run_id}, {@code table_name} and {@code
   * received_at}.
   *
   * @param page the page
   * @param url the file under config/secrets that holds the database's URL
   * @param user its user, or none
   * @param password the file that holds the password, or none
   * @param statement the statement, an upsert
   * @throws RowRefused if the database does not take a row for the row's own fault
   * @throws IOException if it cannot be used at present
   */
  public void upsert(
      @ExchangeProperty("results") OnwardPage page,
      String url,
      String user,
      String password,
      String statement)
      throws IOException {
    OutsideTable.execute(
        HttpPeer.revealed(url, "the URL of its database", placeholders, fault(page)),
        user.equals(HttpPeer.NONE) ? null : user,
        password.equals(HttpPeer.NONE)
            ? null
            : HttpPeer.revealed(
                password, "the password of its database", placeholders, fault(page)),
        statement,
        page.rows().stream().map(OnwardBean::parameters).toList());
  }

  private static Map<String, @Nullable String> parameters(Enriched row) {
    Map<String, @Nullable String> parameters = new LinkedHashMap<>();
    EnrichedRow.fields(row.body())
        .forEach((name, value) -> parameters.put(name.replaceAll("\\W", "_"), value));
    parameters.put("lead_id", row.leadId());
    parameters.put("run_id", row.run());
    parameters.put("table_name", row.table());
    parameters.put("received_at", row.receivedAt().toString());
    return parameters;
  }

  private static Function<String, InvalidConfiguration> fault(OnwardPage page) {
    return fault -> new InvalidConfiguration(Path.of("enriched-" + page.target()), fault);
  }
}
