package io.jobcleanup;

import static org.assertj.core.api.Assertions.assertThat;

import io.jobcleanup.support.PrismaHost;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class CleanupTest {

  @Test
  void stuckJobIsFailedAndItsTokensAreBack() {
    PrismaHost host = PrismaHost.create().user("u1", 100).aStuckJob("j1").charged().insert();

    CleanupResult result = host.run();

    assertThat(result.totalFound()).isEqualTo(1);
    assertThat(result.cleanedUp()).isEqualTo(1);
    assertThat(result.tokensRefunded()).isEqualByComparingTo(BigDecimal.TEN);
    assertThat(host.status("j1")).isEqualTo("FAILED");
    assertThat(host.message("j1"))
        .matches("Job timed out after 60\\ds\\. Automatically cleaned up and tokens refunded\\.");
    assertThat(host.balance("u1")).isEqualByComparingTo("100");
    assertThat(host.refunds("j1")).containsExactly("10|100");
    assertThat(host.run().totalFound()).isZero();
  }
}
