package dev.kiln.simulate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a simulator received since it started or was reset. A copy: it does not change.
 *
 * @param total over everything, requests to no webhook included
 * @param workspaces by name
 * @param webhooks by id
 * @param connections opened by senders; those that only ever carried control requests do not count
 * @param elapsed since the start or the last reset
 * @param callbacks the rows that came back
 */
public record SimulatorStatistics(
    Counts total,
    Map<String, Counts> workspaces,
    Map<String, Counts> webhooks,
    long connections,
    Duration elapsed,
    Callbacks callbacks) {

  /**
   * The rows on their way back through HTTP API columns.
   *
   * @param rows that a column was meant for
   * @param withheld of these, that never come back
   * @param repeats of these, that come back twice
   * @param open that are not done with yet, repeats included
   * @param requests made, second tries included
   * @param acknowledged answered 2xx, repeats included
   * @param lost given up, repeats included
   * @param medianMillis the time to an answer of those that were acknowledged
   * @param p99Millis likewise, that 99 of 100 did not exceed
   * @param mostMillis likewise, the longest
   */
  public record Callbacks(
      long rows,
      long withheld,
      long repeats,
      long open,
      long requests,
      long acknowledged,
      long lost,
      int medianMillis,
      int p99Millis,
      int mostMillis) {
    private ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("rows", rows)
          .put("withheld", withheld)
          .put("repeats", repeats)
          .put("open", open)
          .put("requests", requests)
          .put("acknowledged", acknowledged)
          .put("lost", lost)
          .put("medianMillis", medianMillis)
          .put("p99Millis", p99Millis)
          .put("mostMillis", mostMillis);
    }
  }

  /**
   * The counts of one webhook, one workspace, or all.
   *
   * @param requests that arrived
   * @param accepted rows stored
   * @param distinct different {@code lead_id}s among the stored rows
   * @param repeats stored rows whose {@code lead_id} was already stored here; rows without one are
   *     neither distinct nor repeats
   * @param rateLimited 429s of the workspace's own limit; injected ones are under {@code injected}
   * @param statuses answers by status, injected ones included; a request that got none is in no
   *     entry
   * @param injected faults by kind: {@code status-429}, {@code hang}, {@code reset-after-store},
   *     {@code outage} and so on
   * @param mostRequestsInOneSecond in any sliding second
   * @param mostAcceptedInOneSecond in any sliding second
   * @param firstArrival of a request; null before the first
   * @param lastArrival of a request; null before the first
   */
  public record Counts(
      long requests,
      long accepted,
      long distinct,
      long repeats,
      long rateLimited,
      Map<Integer, Long> statuses,
      Map<String, Long> injected,
      int mostRequestsInOneSecond,
      int mostAcceptedInOneSecond,
      @Nullable Instant firstArrival,
      @Nullable Instant lastArrival) {

    private ObjectNode json() {
      ObjectNode json =
          JsonNodeFactory.instance
              .objectNode()
              .put("requests", requests)
              .put("accepted", accepted)
              .put("distinct", distinct)
              .put("repeats", repeats)
              .put("rateLimited", rateLimited);
      ObjectNode byStatus = json.putObject("statuses");
      statuses.forEach((status, n) -> byStatus.put(status.toString(), n));
      ObjectNode byFault = json.putObject("injected");
      injected.forEach(byFault::put);
      return json.put("mostRequestsInOneSecond", mostRequestsInOneSecond)
          .put("mostAcceptedInOneSecond", mostAcceptedInOneSecond)
          .put("firstArrivalMs", firstArrival == null ? null : firstArrival.toEpochMilli())
          .put("lastArrivalMs", lastArrival == null ? null : lastArrival.toEpochMilli());
    }
  }

  /**
   * These statistics as one JSON object, as {@code GET /control/statistics} sends them: the names
   * of the components; times as milliseconds in {@code elapsedMs}, {@code firstArrivalMs} and
   * {@code lastArrivalMs}.
   *
   * @return one line
   */
  public String toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.set("total", total.json());
    ObjectNode byWorkspace = json.putObject("workspaces");
    workspaces.forEach((name, counts) -> byWorkspace.set(name, counts.json()));
    ObjectNode byWebhook = json.putObject("webhooks");
    webhooks.forEach((id, counts) -> byWebhook.set(id, counts.json()));
    json.set("callbacks", callbacks.json());
    return json.put("connections", connections).put("elapsedMs", elapsed.toMillis()).toString();
  }
}
