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
 */
public record SimulatorStatistics(
    Counts total,
    Map<String, Counts> workspaces,
    Map<String, Counts> webhooks,
    long connections,
    Duration elapsed) {

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
    return json.put("connections", connections).put("elapsedMs", elapsed.toMillis()).toString();
  }
}
