package dev.kiln.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How large a run is, and where it takes place.
 *
 * @param folder is empty at the start; each measure makes folders of its own below it
 * @param leads makes the files
 * @param quick whether it takes smaller sizes, for coarser figures in less time
 * @param properties lines for the application.properties of every Kiln
 */
record Scale(Path folder, Leads leads, boolean quick, List<String> properties) {
  /** One of two numbers. */
  int of(int whenQuick, int otherwise) {
    return quick ? whenQuick : otherwise;
  }

  /** A site with the inbox looked at quickly. */
  Site site(String name) {
    return site(name, Site.QUICK_INBOX);
  }

  /** A site with these lines in its application.properties, and those that all have. */
  Site site(String name, List<String> lines) {
    List<String> all = new ArrayList<>(lines);
    all.addAll(properties);
    return new Site(folder.resolve(name), all);
  }
}
