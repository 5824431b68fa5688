package dev.kiln.lead;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The records of one file, one at a time, whatever its format. Not thread-safe. */
interface Records extends Closeable {
  /** Moves to the next record, a blank one included; false at the end. */
  boolean next() throws IOException;

  /** The line where the current record begins, from 1; in a workbook the row. */
  long line();

  /** Why the current record cannot be used, for a person, or null. */
  @Nullable String fault();

  /** The line of the fault. */
  long faultLine();

  /** The start of the record as it stands in the file, or more of it. */
  String excerpt();

  /** How many cells the current record has. */
  int cells();

  /** How many of its cells are kept: they can be asked for, from 0. */
  default int kept() {
    return cells();
  }

  /** Whether every cell from this one on is empty or white space. */
  boolean blankFrom(int first);

  /** Whether this cell, which is one of the current record, is empty or white space. */
  boolean blankCell(int index);

  /** The length of a cell as it stands in the file. */
  int rawLength(int index);

  /** The first character of a cell that is not blank, or NUL. */
  char initial(int index);

  /** The text of a cell. */
  String cell(int index);

  /** The text of every cell that is kept. */
  List<String> texts();

  /** Appends the record as RFC 4180 text of this many columns, padded with empty cells. */
  void appendTo(StringBuilder out, int columns);

  /** Whether every cell is empty or white space. */
  default boolean blank() {
    return blankFrom(0);
  }
}
