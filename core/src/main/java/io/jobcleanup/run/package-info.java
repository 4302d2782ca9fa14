/**
 * One cleanup: batches, time budget, fallback to single jobs, refunds owed from before, history.
 */
@NullMarked
package io.jobcleanup.run;

import org.jspecify.annotations.NullMarked;
