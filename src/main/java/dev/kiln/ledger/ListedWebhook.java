package dev.kiln.ledger;

/**
 * A webhook as the catalogue lists it.
 *
 * @param id SHA-256 of its URL in lower-case hexadecimal
 * @param name its name
 * @param table the table that it serves
 * @param clayTable the Clay table behind it
 * @param cap rows that Kiln sends through it at most; 0 for no cap
 * @param rowCap rows that the Clay table takes; 0 for no cap
 * @param used rows that it had taken before Kiln first saw it
 */
public record ListedWebhook(
    String id, String name, String table, String clayTable, long cap, long rowCap, long used) {}
