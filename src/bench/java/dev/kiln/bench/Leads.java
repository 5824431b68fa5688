package dev.kiln.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** Invented leads, all of them different, for the table outbound-leads-tech. Thread-safe. */
public final class Leads {
  private final Path folder;
  private final AtomicInteger files = new AtomicInteger();

  /** Files in a folder. */
  public Leads(Path folder) {
    this.folder = folder;
  }

  /** A new CSV of so many leads that no other file of this benchmark has. */
  public Path csv(int rows) {
    int number = files.incrementAndGet();
    Path file = folder.resolve("leads-" + number + ".csv");
    try (Writer csv = Files.newBufferedWriter(file)) {
      csv.write("Email,First Name,Last Name,Company,Title,Industry,Country,Website\n");
      for (int i = 0; i < rows; i++) {
        String name = number + "-" + i;
        csv.write(
            "lead" + name + "@firm" + name + ".example,Ada,Lovelace,\"Firm " + name + ", Inc.\",");
        csv.write("Head of Engines,Computer Software,United Kingdom,https://www.firm" + name);
        csv.write(".example\n");
      }
      return file;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  /** What the ledger keeps of such a lead: its columns as a JSON object. */
  public static String payload(String name) {
    return ("{'email':'lead%1$s@firm%1$s.example','first_name':'Ada','last_name':'Lovelace',"
            + "'company':'Firm %1$s, Inc.','job_title':'Head of Engines',"
            + "'industry':'Computer Software','country':'United Kingdom',"
            + "'website':'https://www.firm%1$s.example'}")
        .formatted(name)
        .replace('\'', '"');
  }

  /** The body of the request for such a lead, as long as Kiln's. */
  static String body(String name) {
    return "{\"lead_id\":\"20261125-abcdef-"
        + name
        + "\",\"run_id\":\"20261125-abcdef\",\"source\":null,\"possible_duplicate\":false,"
        + payload(name).substring(1);
  }
}
