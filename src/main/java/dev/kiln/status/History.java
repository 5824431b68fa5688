package dev.kiln.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** What was answered within the last hour, in memory: empty after a start. */
final class History {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MEMORY = Duration.ofHours(1);

  /** What was answered since the sample before. */
  private record Sample(Instant at, double allowed, Answers answers) {}

  private Map<String, Answers> soFar = Map.of();

  /** The oldest first. */
  private final Deque<Sample> samples = new ArrayDeque<>();

  /**
   * Notes one sample.
   *
   * @param at when; not before the last time
   * @param allowed what all workspaces may send together, leads a second
   * @param answers so far, by workspace; one that is gone, or new, counts for what it did since
   */
  synchronized void note(Instant at, double allowed, Map<String, Answers> answers) {
    Answers since = Answers.NONE;
    for (Map.Entry<String, Answers> one : answers.entrySet()) {
      since = since.plus(one.getValue().minus(soFar.getOrDefault(one.getKey(), Answers.NONE)));
    }
    soFar = Map.copyOf(answers);
    samples.addLast(new Sample(at, allowed, since));
    while (samples.getFirst().at.isBefore(at.minus(MEMORY))) {
      samples.removeFirst();
    }
  }

  /**
   * Arrays of one length: {@code at} (epoch seconds) when each interval between two samples ended,
   * {@code seconds} how long it was, {@code allowed} (leads a second), and the leads that were
   * {@code accepted}, {@code refused}, {@code in_doubt} and sent {@code again}.
   */
  synchronized ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    ArrayNode at = json.putArray("at");
    ArrayNode seconds = json.putArray("seconds");
    ArrayNode allowed = json.putArray("allowed");
    ArrayNode accepted = json.putArray("accepted");
    ArrayNode refused = json.putArray("refused");
    ArrayNode inDoubt = json.putArray("in_doubt");
    ArrayNode again = json.putArray("again");
    Sample before = null;
    for (Sample sample : samples) {
      if (before != null) {
        Answers answers = sample.answers;
        at.add(sample.at.getEpochSecond());
        seconds.add(Duration.between(before.at, sample.at).toMillis() / 1000.0);
        allowed.add(sample.allowed);
        accepted.add(answers.accepted());
        refused.add(answers.refused());
        inDoubt.add(answers.inDoubt());
        again.add(answers.again());
      }
      before = sample;
    }
    return json;
  }
}
