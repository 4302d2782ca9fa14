package io.jobcleanup.server.schedule;

import com.github.kagkarlsson.scheduler.event.AbstractSchedulerListener;
import com.github.kagkarlsson.scheduler.task.Execution;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Says once that the schedule can't get on, and once that it does again: db-scheduler's own log
 * would hold a stack trace for each try, and is switched off.
 */
final class Watch extends AbstractSchedulerListener {
  private static final Logger log = LoggerFactory.getLogger(Watch.class);

  private final Runnable question;
  private final Runnable recovered;
  private final AtomicBoolean troubled = new AtomicBoolean();
  private volatile boolean stopping;

  /**
   * A watch.
   *
   * @param question asks the schedule's table, to learn what is wrong
   * @param recovered what to do when it gets on again
   */
  Watch(Runnable question, Runnable recovered) {
    this.question = question;
    this.recovered = recovered;
  }

  /** From here on, threads that are interrupted amid a statement are no trouble. */
  void stopping() {
    stopping = true;
  }

  @Override
  public void onSchedulerEvent(SchedulerEventType type) {
    switch (type) {
      case UNEXPECTED_ERROR -> {
        if (!stopping && troubled.compareAndSet(false, true)) {
          log.atWarn()
              .addKeyValue("cause", cause())
              .log("The schedule can't get on, and goes on trying");
        }
      }
      case RAN_DETECT_DEAD -> {
        if (troubled.compareAndSet(true, false)) {
          recovered.run();
          log.info("The schedule gets on again");
        }
      }
      default -> {}
    }
  }

  private String cause() {
    try {
      question.run();
      return "unknown; logging.level.com.github.kagkarlsson=ERROR tells more";
    } catch (DataAccessException e) {
      return String.valueOf(e.getMostSpecificCause().getMessage());
    }
  }

  @Override
  public void onExecutionDead(Execution execution) {
    log.atWarn()
        .addKeyValue("instance", execution.pickedBy)
        .log("An instance died at a tick of the schedule, which is made good");
  }
}
