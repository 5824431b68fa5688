package dev.kiln.status;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How fast workspaces are, by what they did within the last minute. Confined to its owner. */
final class Speed {
  private static final Duration MEMORY = Duration.ofMinutes(1);

  /** The speed of now is that of so many leads, within these bounds. */
  private static final double LEADS_SEEN = 20;

  private static final double LEAST_SECONDS = 5;

  /** Work that lasts so long tells how fast the rest will go. */
  private static final double TELLING_SECONDS = 10;

  private record Mark(Instant at, Map<String, Answers> answers, @Nullable Set<String> busy) {
    Answers of(String workspace) {
      return answers.getOrDefault(workspace, Answers.NONE);
    }

    double secondsUntil(Mark later) {
      return Duration.between(at, later.at).toMillis() / 1000.0;
    }
  }

  /** The newest first. */
  private final Deque<Mark> marks = new ArrayDeque<>();

  /**
   * Notes where every workspace is.
   *
   * @param at when; not before the last time
   * @param answers so far, by workspace
   * @param busy the workspaces that have leads which could go; null where nobody looked
   */
  void note(Instant at, Map<String, Answers> answers, @Nullable Set<String> busy) {
    marks.addFirst(new Mark(at, Map.copyOf(answers), busy == null ? null : Set.copyOf(busy)));
    while (marks.getLast().at.isBefore(at.minus(MEMORY))) {
      marks.removeLast();
    }
  }

  /**
   * Answers a second in the last seconds; 0 before there are two marks.
   *
   * @param workspace the workspace
   * @param allowed what it may send, leads a second: the slower, the further back this looks
   */
  double now(String workspace, double allowed) {
    double enough = Math.max(LEAST_SECONDS, LEADS_SEEN / allowed);
    Mark last = marks.peekFirst();
    if (last == null) {
      return 0;
    }
    Mark from = last;
    for (Mark mark : marks) {
      from = mark;
      if (mark.secondsUntil(last) >= enough) {
        break;
      }
    }
    double seconds = from.secondsUntil(last);
    return seconds <= 0 ? 0 : last.of(workspace).minus(from.of(workspace)).all() / seconds;
  }

  /** Leads that came to an end a second, if the workspace had work for long enough to tell. */
  OptionalDouble sustained(String workspace) {
    Mark last = null;
    Mark from = null;
    for (Mark mark : marks) {
      if (mark.busy != null) {
        last = last == null ? mark : last;
        from = mark;
        if (!mark.busy.contains(workspace)) {
          break;
        }
      }
    }
    if (last == null || from == null) {
      return OptionalDouble.empty();
    }
    double seconds = from.secondsUntil(last);
    return seconds < TELLING_SECONDS
        ? OptionalDouble.empty()
        : OptionalDouble.of(last.of(workspace).minus(from.of(workspace)).ended() / seconds);
  }
}
