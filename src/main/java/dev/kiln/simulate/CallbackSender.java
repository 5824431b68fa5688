package dev.kiln.simulate;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.simulate.SimulatorStatistics.Callbacks;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sends rows back, each workspace at its own rate. Confined to the event loop. */
final class CallbackSender {
  /** Clay gives a receiver so long. */
  private static final long TIMEOUT_MILLIS = 100_000;

  /** What Clay tries once more, at once; so it does where no answer comes. */
  private static final Set<Integer> TRIED_AGAIN = Set.of(408, 413, 429);

  private static final Pattern PLACE = Pattern.compile("\\{\\{([^}]*)}}");

  private final ObjectMapper mapper = new ObjectMapper();
  private final Vertx vertx;
  private final HttpClient client;
  private final SplittableRandom random;
  private final Map<String, Long> nextTurn = new HashMap<>();
  private final List<SentBack> sent = new ArrayList<>();
  private List<Callback> callbacks = List.of();
  private long rows;
  private long withheld;
  private long repeats;
  private long requests;
  private long open;

  CallbackSender(Vertx vertx, long seed) {
    this.vertx = vertx;
    this.random = new SplittableRandom(seed);
    client =
        vertx.createHttpClient(
            new HttpClientOptions().setMaxPoolSize(256).setConnectTimeout(5_000));
  }

  /** Puts these columns in force instead of those that were. */
  void callbacks(List<Callback> changed) {
    callbacks = List.copyOf(changed);
  }

  /** A row was stored: it comes back by the first column that is meant. */
  void stored(StoredRow row, byte[] body) {
    for (Callback callback : callbacks) {
      if (callback.webhook() == null || callback.webhook().equals(row.webhook())) {
        rows++;
        if (random.nextDouble() >= callback.share()) {
          withheld++;
          return;
        }
        Buffer text = Buffer.buffer(fill(callback.template(), row, body));
        schedule(callback, row, text);
        if (random.nextDouble() < callback.repeats()) {
          repeats++;
          schedule(callback, row, text);
        }
        return;
      }
    }
  }

  private String fill(String template, StoredRow row, byte[] body) {
    JsonNode fields;
    try {
      fields = mapper.readTree(body);
    } catch (IOException impossible) {
      throw new IllegalStateException("a stored row is JSON", impossible);
    }
    return PLACE
        .matcher(template)
        .replaceAll(
            place -> {
              String name = place.group(1);
              JsonNode value = fields.path(name);
              String text =
                  name.equals("sequence")
                      ? String.valueOf(row.sequence())
                      : value.isValueNode() && !value.isNull()
                          ? value.asText()
                          : value.isContainerNode() ? value.toString() : "";
              return Matcher.quoteReplacement(
                  new String(JsonStringEncoder.getInstance().quoteAsString(text)));
            });
  }

  private void schedule(Callback callback, StoredRow row, Buffer body) {
    open++;
    long wait = callback.delay().millis(random);
    if (wait > 0) {
      vertx.setTimer(wait, now -> queue(callback, row, body));
    } else {
      queue(callback, row, body);
    }
  }

  /** Waits for its turn at the workspace's rate. */
  private void queue(Callback callback, StoredRow row, Buffer body) {
    long now = System.nanoTime();
    Long next = nextTurn.get(row.workspace());
    long turn = next == null || next - now < 0 ? now : next;
    nextTurn.put(row.workspace(), turn + (long) (1e9 / callback.ratePerSecond()));
    long millis = (turn - now) / 1_000_000;
    if (millis < 1) {
      post(callback, row, body, 1);
    } else {
      vertx.setTimer(millis, timer -> post(callback, row, body, 1));
    }
  }

  private void post(Callback callback, StoredRow row, Buffer body, int number) {
    requests++;
    long began = System.nanoTime();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(callback.url().toString())
            .setTimeout(TIMEOUT_MILLIS)
            .putHeader("Content-Type", "application/json");
    callback.headers().forEach(options::putHeader);
    client
        .request(options)
        .compose(request -> request.send(body))
        .compose(response -> response.body().map(read -> response.statusCode()))
        .otherwise(0)
        .onSuccess(
            status -> {
              if (number == 1 && (status == 0 || TRIED_AGAIN.contains(status))) {
                post(callback, row, body, 2);
              } else {
                int millis = (int) ((System.nanoTime() - began) / 1_000_000);
                sent.add(new SentBack(row.sequence(), row.leadId(), number, status, millis));
                open--;
              }
            });
  }

  /** The rows that were sent back, in the order of their last answers. */
  List<SentBack> sent() {
    return sent;
  }

  Callbacks statistics() {
    int[] millis =
        sent.stream().filter(SentBack::acknowledged).mapToInt(SentBack::millis).sorted().toArray();
    return new Callbacks(
        rows,
        withheld,
        repeats,
        open,
        requests,
        millis.length,
        sent.size() - millis.length,
        percentile(millis, 0.5),
        percentile(millis, 0.99),
        percentile(millis, 1));
  }

  private static int percentile(int[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
