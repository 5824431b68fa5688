package dev.kiln.ledger;

import java.time.Instant;

/**
 * One request for a lead, from the attempt log.
 *
 * @param number counts from 1 for each lead
 * @param webhook the webhook's name
 * @param begunAt when it was begun
 * @param outcome the state that it led to; empty while there is none
 * @param status Clay's HTTP status; 0 where there was no answer
 * @param millis how long the answer took, milliseconds
 * @param bytes the size of the body
 * @param note why, where there is a reason; mostly empty
 */
public record Attempt(
    int number,
    String webhook,
    Instant begunAt,
    String outcome,
    int status,
    long millis,
    int bytes,
    String note) {}
