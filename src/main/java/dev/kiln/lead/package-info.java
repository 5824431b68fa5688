/**
 * What a lead is: framing of files into records, naming of columns, normalisation, identity and
 * sectors. Pure and without knowledge of where leads are kept or sent.
 */
@NullMarked
package dev.kiln.lead;

import org.jspecify.annotations.NullMarked;
