package dev.kiln;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the files under config and routes stand to what is in force.
 *
 * @param inForce when what is in force was taken up last: at the start, or by a reload
 * @param fault why a later change is not taken up: file, line and what is wrong; null where nothing
 *     is wrong
 * @param faultSince when that was found; null where nothing is wrong
 * @param atNextStart the keys of application.properties that have another value than in force
 * @param waitsFor what a later change waits for that is under way; null where none waits
 */
public record Reload(
    Instant inForce,
    @Nullable String fault,
    @Nullable Instant faultSince,
    Set<String> atNextStart,
    @Nullable String waitsFor) {
  /** Copies the set. */
  public Reload {
    atNextStart = Set.copyOf(atNextStart);
  }

  /** The same while a change waits, or does so no more. */
  Reload waiting(@Nullable String forWhat) {
    return new Reload(inForce, fault, faultSince, atNextStart, forWhat);
  }

  /** The same for programs: {@code in_force, fault, fault_since, waits_for, at_next_start}. */
  ObjectNode json() {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("in_force", inForce.toString())
            .put("fault", fault)
            .put("fault_since", faultSince == null ? null : faultSince.toString())
            .put("waits_for", waitsFor);
    ArrayNode later = json.putArray("at_next_start");
    atNextStart.stream().sorted().forEach(later::add);
    return json;
  }
}
