package dev.kiln.clay;

/**
 * A process that delivers.
 *
 * @param name its name; no two have the same, of all that ever ran on the ledger
 * @param version Kiln's
 * @param alone whether no other node can live beside it: the lock of the data folder proves it
 */
public record Node(String name, String version, boolean alone) {}
