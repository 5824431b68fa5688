package dev.kiln.bench;

/** One part of the benchmark. */
@FunctionalInterface
interface Measure {
  /** Measures, and adds what it found. */
  void take(Scale scale, Figures figures) throws Exception;
}
