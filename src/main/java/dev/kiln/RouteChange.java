package dev.kiln;

import dev.kiln.RoutePart.Kind;
import dev.kiln.lead.InvalidConfiguration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What has to be done to routes so that they are as their files say. What changed is both taken
 * away and added, and so is what is made from it.
 *
 * @param from the files so far
 * @param to the files of now
 * @param gone what is taken away, as it was
 * @param come what is added, as it is
 */
record RouteChange(RouteFiles from, RouteFiles to, List<RoutePart> gone, List<RoutePart> come) {
  /**
   * The change from some files to others.
   *
   * @throws InvalidConfiguration if something else than routes, templates and route configurations
   *     changed: that is read at a start only
   */
  static RouteChange between(RouteFiles from, RouteFiles to) {
    Map<RoutePart.Key, RoutePart> before = byKey(from);
    Map<RoutePart.Key, RoutePart> after = byKey(to);
    List<RoutePart> changed = new ArrayList<>();
    before.forEach(
        (key, part) -> {
          RoutePart now = after.get(key);
          if (now == null || !now.content().equals(part.content())) {
            changed.add(part);
          }
        });
    after.forEach(
        (key, part) -> {
          if (!before.containsKey(key)) {
            changed.add(part);
          }
        });
    for (RoutePart part : changed) {
      if (part.kind() == Kind.OTHER) {
        throw new InvalidConfiguration(
            part.file(),
            part.line(),
            part.word()
                + (to.parts().contains(part) ? " is new or changed" : " is gone")
                + ", and is read at a start only: restart Kiln, or take the change back;"
                + " routes, routeTemplates, templatedRoutes and routeConfigurations are taken up live");
      }
    }
    Set<RoutePart.Key> keys = new LinkedHashSet<>();
    changed.forEach(part -> keys.add(part.key()));
    // A route depends on a template, and both may depend on a route configuration.
    for (Kind kind : List.of(Kind.TEMPLATE, Kind.ROUTE)) {
      List<RoutePart> causes =
          both(before, after).filter(part -> keys.contains(part.key())).toList();
      both(before, after)
          .filter(part -> part.kind() == kind && causes.stream().anyMatch(part::dependsOn))
          .forEach(part -> keys.add(part.key()));
    }
    return new RouteChange(from, to, only(before, keys), only(after, keys));
  }

  private static java.util.stream.Stream<RoutePart> both(
      Map<RoutePart.Key, RoutePart> before, Map<RoutePart.Key, RoutePart> after) {
    return java.util.stream.Stream.concat(before.values().stream(), after.values().stream());
  }

  private static Map<RoutePart.Key, RoutePart> byKey(RouteFiles files) {
    Map<RoutePart.Key, RoutePart> parts = new LinkedHashMap<>();
    files.parts().forEach(part -> parts.put(part.key(), part));
    return parts;
  }

  private static List<RoutePart> only(
      Map<RoutePart.Key, RoutePart> parts, Set<RoutePart.Key> keys) {
    return parts.values().stream().filter(part -> keys.contains(part.key())).toList();
  }

  /** The way back. */
  RouteChange reversed() {
    return new RouteChange(to, from, come, gone);
  }

  boolean isEmpty() {
    return gone.isEmpty() && come.isEmpty();
  }

  /** Whether routes are taken away that a condition holds for. */
  boolean takesAway(Predicate<RoutePart> matching) {
    return gone.stream().filter(part -> part.kind() == Kind.ROUTE).anyMatch(matching);
  }

  /** The ids of the routes that are taken away and carry leads to Clay. */
  Set<String> delivering() {
    return ids(gone.stream().filter(RoutePart::delivers).toList(), Kind.ROUTE);
  }

  /** The ids of the parts of a kind that are taken away, or that are added. */
  static Set<String> ids(List<RoutePart> parts, Kind kind) {
    return parts.stream()
        .filter(part -> part.kind() == kind)
        .map(RoutePart::id)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Whether a route configuration changed. */
  boolean configurations() {
    return gone.stream().anyMatch(part -> part.kind() == Kind.CONFIGURATION)
        || come.stream().anyMatch(part -> part.kind() == Kind.CONFIGURATION);
  }

  /** What happens to which routes, for a person; empty where nothing does. */
  @Override
  public String toString() {
    Set<String> before = new TreeSet<>(ids(gone, Kind.ROUTE));
    Set<String> after = new TreeSet<>(ids(come, Kind.ROUTE));
    Set<String> replaced = new TreeSet<>(before);
    replaced.retainAll(after);
    before.removeAll(replaced);
    after.removeAll(replaced);
    List<String> said = new ArrayList<>();
    say(said, "replaced", replaced);
    say(said, "added", after);
    say(said, "removed", before);
    return String.join("; ", said);
  }

  private static void say(List<String> said, String what, Set<String> routes) {
    if (!routes.isEmpty()) {
      said.add(
          (routes.size() == 1 ? "route " : "routes ") + what + ": " + String.join(", ", routes));
    }
  }
}
