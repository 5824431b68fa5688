package dev.kiln.lead;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where in a JSON text the leads are, judged from its first 256 KiB: the objects at the top, or
 * those in an array below that name more columns of a lead; the outermost of equals. What is in
 * objects of which there are several and each can be a lead belongs to those.
 */
final class JsonShape {
  /** Wrappers around the leads, at most. */
  private static final int DEEPEST = 4;

  /** What it is worth that an object names an e-mail address or a LinkedIn profile. */
  private static final int PERSON = 3;

  /** The objects below some keys: the keys in them, and whether an array holds them. */
  private static final class Place {
    final Set<String> names = new LinkedHashSet<>();
    boolean listed;
    int objects;

    /** Whether its objects are leads, with all that is in them. */
    boolean holdsLeads() {
      return (listed || objects > 1) && Columns.identifies(JsonRecords.named(names));
    }

    int score() {
      List<String> all = JsonRecords.named(names);
      return Columns.known(all) + (Columns.reaches(all) ? PERSON : 0);
    }
  }

  private final Map<List<String>, Place> places = new LinkedHashMap<>();
  private @Nullable String emptyList;

  private JsonShape() {}

  static JsonShape of(String text) {
    JsonShape shape = new JsonShape();
    try (JsonParser json = JsonRecords.FACTORY.createParser(text)) {
      while (json.nextToken() != null) {
        shape.value(json, List.of(), "", false);
      }
    } catch (IOException brokenOrCutOff) {
      // What was seen before has to do.
    }
    return shape;
  }

  /** The keys that lead from the top to the leads; empty where they are at the top. */
  List<String> path() {
    List<String> best = List.of();
    Place top = places.get(best);
    int score = top == null ? 0 : top.score();
    for (Map.Entry<List<String>, Place> place : places.entrySet()) {
      if (!place.getValue().listed || isWithinLeads(place.getKey())) {
        continue;
      }
      int its = place.getValue().score();
      if (its > score || (its == score && place.getKey().size() < best.size())) {
        best = place.getKey();
        score = its;
      }
    }
    return best;
  }

  private boolean isWithinLeads(List<String> keys) {
    for (int outer = 0; outer < keys.size(); outer++) {
      Place around = places.get(keys.subList(0, outer));
      if (around != null && around.holdsLeads()) {
        return true;
      }
    }
    return false;
  }

  /** The columns of a lead that stand around the leads of a path, and not in them. */
  List<String> around(List<String> path) {
    Place leads = places.get(path);
    List<String> known = new ArrayList<>();
    for (int outer = 0; leads != null && outer < path.size(); outer++) {
      Place around = places.get(path.subList(0, outer));
      if (around != null) {
        around.names.stream()
            .filter(name -> Columns.known(List.of(name)) > 0 && !leads.names.contains(name))
            .filter(name -> !known.contains(name))
            .forEach(known::add);
      }
    }
    return known;
  }

  /** Whether there is any object. */
  boolean holdsObjects() {
    return !places.isEmpty();
  }

  /** The key of an array without elements, "" at the top, where there are no leads; else null. */
  @Nullable String emptyList() {
    return places.values().stream().anyMatch(place -> place.score() > 0) ? null : emptyList;
  }

  /** Other arrays of objects than that of the leads, by their keys. */
  List<List<String>> beside(List<String> path) {
    return places.entrySet().stream()
        .filter(place -> place.getValue().listed)
        .map(Map.Entry::getKey)
        .filter(other -> !isWithin(other, path) && !isWithin(path, other))
        .toList();
  }

  private static boolean isWithin(List<String> keys, List<String> outer) {
    return keys.size() >= outer.size() && keys.subList(0, outer.size()).equals(outer);
  }

  private void value(JsonParser json, List<String> path, String key, boolean listed)
      throws IOException {
    if (json.currentToken() == JsonToken.START_ARRAY) {
      boolean empty = true;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        empty = false;
        value(json, path, key, true);
      }
      emptyList = empty ? key : emptyList;
    } else if (json.currentToken() == JsonToken.START_OBJECT) {
      object(json, path, listed);
    }
  }

  private void object(JsonParser json, List<String> path, boolean listed) throws IOException {
    Place place = places.computeIfAbsent(path, keys -> new Place());
    place.listed |= listed;
    place.objects++;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      place.names.add(key);
      boolean nested = json.nextToken() == JsonToken.START_OBJECT;
      if (path.size() == DEEPEST) {
        json.skipChildren();
        continue;
      }
      List<String> below = new ArrayList<>(path);
      below.add(key);
      value(json, List.copyOf(below), key, false);
      Place inner = nested ? places.get(below) : null;
      if (inner != null && !inner.listed) {
        inner.names.forEach(name -> place.names.add(key + "." + name));
      }
    }
  }
}
