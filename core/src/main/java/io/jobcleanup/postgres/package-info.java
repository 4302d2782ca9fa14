/** The only room that speaks SQL: one template per statement, beside the class that fills it. */
@NullMarked
package io.jobcleanup.postgres;

import org.jspecify.annotations.NullMarked;
