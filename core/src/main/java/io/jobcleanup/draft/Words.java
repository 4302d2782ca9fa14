package io.jobcleanup.draft;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What names in products commonly mean. Patterns are for names in snake case, and match them as a
 * whole.
 */
final class Words {

  /** What a status says of a job. */
  enum Meaning {
    /** In a queue of the host. */
    WAITING,
    /** Being worked on. */
    PROCESSING,
    /** Waiting for a person: long, and rightly so. */
    PERSON,
    COMPLETED,
    FAILED,
    /** Ended in another way: cancelled, expired. */
    ENDED,
    UNKNOWN
  }

  static final String STATUS =
      "((job|task|run|processing|process|generation|render|work|exec|execution)_)?(status|state|phase|stage)|status_(id|code)";

  private static final String WHEN = "(_(at|on|time|date|ts|timestamp|ms|utc|since))?";

  static final String BEGUN =
      "((processing|process|job|run|work|exec|execution|generation|render|task|actual)_)?"
          + "(start|started|begin|begun|began|running|processing|dispatched|executed)"
          + WHEN;
  static final String CLAIMED =
      "(claimed|picked_up|picked|locked|dequeued|attempted|taken|reserved|acquired|last_attempt|attempted)"
          + WHEN;
  static final String HEARTBEAT =
      "(last_)?(heartbeat|heart_beat|beat|ping|keepalive|progress)_?(at|on|time|ts)|last_heartbeat|heartbeat|last_ping";
  static final String LEASE =
      "(lease|lock|claim|visibility|processing|worker)_?(expires|expiry|expiration|until|deadline|timeout|end|ends)(_at)?"
          + "|(locked|leased|claimed|invisible|visible|reserved)_until|deadline(_at)?|times?_?out_at|lease_expires_on";
  static final String UPDATED =
      "((last|row)_)?(updated|modified|changed|update|modification)(_(at|on|time|date|ts|timestamp))?|date_(updated|modified)|mtime|gmt_modified|utime";
  static final String CREATED =
      "(created|inserted|create|creation|insert|added)(_(at|on|time|date|ts|timestamp))?|date_created|ctime|timestamp|gmt_create|occurred_at|recorded_at|posted_at|entry_date|time|when";
  static final String SUBMITTED =
      "(submitted|submit|enqueued|queued|requested|enqueue|request|submission)(_(at|on|time|date|ts|timestamp))";
  static final String FINISHED =
      "((processing|process|job|run|work|execution|generation|render|task|actual)_)?"
          + "(finish|finished|complete|completed|end|ended|done|completion|stopped)"
          + "(_(at|on|time|date|ts|timestamp|ms|utc))";
  static final String FAILED_AT = "(failed|errored|failure|error)_(at|on|time|date|ts|timestamp)";
  static final String ERROR =
      "((last|job|processing)_)?(error|err|failure|fail|failed|exception)(_?(message|msg|reason|text|detail|details|info|description|log|data|json))?"
          + "|(status|state)_(message|reason|detail|details|text)|fault|traceback|stack_?trace";
  static final String ERROR_CODE =
      "((last|job)_)?(error|failure|err|fail|failed|status)_(code|type|kind|class|category)";
  static final String VERSION = "(lock_|row_|opt_lock_?|entity_)?version|optlock|xmin_version";
  static final String FENCE =
      "(fence|fencing|claim|lease)(_(token|counter|no|number|epoch|version|seq))?|fencing_?epoch";
  static final String CLAIM_HOLDER =
      "(locked|claimed|leased|picked_up|reserved|processed|run)_by|worker(_(id|name|host|key))?|lease_(owner|token|holder|id)|lock_(token|owner|id)|assigned_worker";

  private static final String OWNER_NOUN =
      "(user|owner|account|customer|member|profile|client|creator|author|requester|requested_by|workspace|organization|organisation|org|team|tenant|company|wallet|subscriber|payer|buyer|holder|person|group|app_user|created_by|submitted_by)";
  static final String OWNER = OWNER_NOUN + "(_(id|uuid|uid|sub|key|ref|name))?|uid|userid|username";
  static final String OWNER_TABLE =
      "(app_|auth_|tbl_|t_|core_)?(user|account|customer|member|profile|client|workspace|organization|organisation|org|team|tenant|company|wallet|subscriber|user_profile|credit_account|token_account|balance|credit|quota|user_credit|user_balance|user_token|user_quota|user_wallet|credit_balance|token_balance|user_token_balance|user_credit_balance|wallet_balance|point_balance|subscription|usage|user_usage|credit_wallet|plan_usage)";

  private static final String COIN =
      "(credit|credits|token|tokens|coin|coins|point|points|quota|gem|gems|unit|units|balance|allowance|minutes|wallet_balance)";
  static final String BALANCE =
      "((available|remaining|current|total|free|paid|bonus|trial|monthly|daily|plan|purchased|subscription|gift|promo|extra|topup|top_up|permanent|user|account|wallet|image|video|gen|generation|ai|api|main|spendable)_)*"
          + COIN
          + "(_(balance|remaining|available|left|count|amount|free|paid|bonus|cents|units|credits|tokens|points))?";
  static final String USED =
      "((monthly|daily|period|total|current|plan)_)*((used|consumed|spent)_"
          + COIN
          + "|"
          + COIN
          + "_(used|consumed|spent|usage)|usage|used|consumed|spent)";
  static final String LIFETIME =
      "(total|lifetime|all_time|cumulative)_.*(used|spent|consumed|spend|consumption)|.*_(lifetime|all_time)_?(used|spent)?";
  static final String LIMIT = ".*(limit|quota|allowance|included|cap|granted|allotment|total).*";

  static final String COST =
      "((total|job|final|actual|estimated|reserved|charged|required)_)?"
          + "((credit|credits|token|tokens|coin|coins|point|points|quota|gem|gems|unit|units)_?(cost|costs|used|charged|spent|amount|price|consumed|deducted|reserved|required|count)"
          + "|cost(_(in_)?(credits?|tokens?|coins?|points?|units?))?|costs|price|charge|charged|charged_(credits?|tokens?|amount|points?)|(spent|used|consumed|charged|deducted)_(credits?|tokens?|coins?|points?)"
          + "|credits?|tokens|coins|points|quota|fee|amount)";
  static final String VENDOR =
      ".*(usd|eur|gbp|dollar|cents|provider|vendor|upstream|api_cost|openai|anthropic|replicate|fal|gpu|compute_cost|infra|cogs|raw_cost|llm|model_cost|prompt|completion_token|input_token|output_token|total_token|max_token).*";

  static final String LEDGER_TABLE =
      ".*(ledger|transaction|entry|entries|movement|history|log|credit_event|token_event|credit_usage|token_usage|txn|tx|posting|journal|record|operation|change|activity).*";
  static final String COIN_TABLE =
      ".*(credit|token|coin|point|wallet|balance|quota|ledger|billing|usage|charge|debit|account).*";
  static final String HOLD_TABLE = ".*(reservation|reserve|hold|escrow|preauth|authorization).*";
  static final String CHARGE_TABLE =
      ".*(charge|debit|usage|consumption|spend|deduction|billing|consume).*";
  static final String AMOUNT =
      "((signed|net|credit|credits|token|tokens|coin|coins|point|points|change|quota|unit|units|charge|charged)_)?(amount|delta|change|diff|quantity|qty)"
          + "|credits?|tokens?|points?|coins?|units?|quota|value|(amount|delta|change)_(credits?|tokens?|points?|coins?|units?)|credits?_(delta|change|used|charged)|tokens?_(delta|change|used|charged)|cost|charged";
  static final String BALANCE_AFTER =
      "((new|running|closing|resulting|current|ending|post)_)?balance(_after.*)?|balance_after.*|after_balance|(credits?|tokens?|points?|coins?|amount|quota)_after|after|.*_after";
  static final String BALANCE_BEFORE =
      "(old|previous|prev|opening|prior|starting)_balance|balance_before.*|before_balance|before|.*_before";
  static final String KIND =
      "((transaction|tx|txn|entry|ledger|event|operation|movement|record|change|source|charge|log)_)?(type|kind|category|reason|action|operation|direction|event|op)";
  static final String IDEMPOTENCY =
      ".*(idempoten|dedup|unique).*key.*|.*idempotency.*|dedupe?_?(id|key)|(operation|transaction|request|entry)_key|.*_key";
  static final String NOTE =
      "(description|desc|note|notes|memo|comment|comments|message|details?|remark|remarks|source|reason|title|label|reference_note|narrative|content|cause)";
  static final String JSON_NOTE =
      "(meta|metadata|meta_data|data|details|extra|context|payload|info|properties|attributes|params)";
  static final String JOB_REFERENCE =
      "(reference|ref|source|related|subject|resource|object|entity|target|origin|external|item|parent|transactable|chargeable|creditable|sourceable|referenceable|subjectable|related_entity|related_object)(_?(id|uuid|key|ref))?";
  static final String MARK =
      "(is_|was_|has_|been_)*(credits?_|tokens?_|points?_|coins?_|cost_|charge_|quota_|amount_)?(refunded|reversed|compensated|credited_back|returned|given_back)(_(at|on|time|ts|date|amount|credits?|tokens?))?"
          + "|refund_(at|time|amount|done|issued|processed|credits?|tokens?)|refund";
  static final String POOL =
      "(pool|bucket|credit_type|token_type|balance_type|currency|wallet_type|source_pool|kind|type|asset|unit|credit_kind)";
  static final String DELETED = "(deleted|removed)_(at|on)|is_deleted|deleted";

  private static final String NOT_JOBS =
      "(.*_)?(payment|invoice|order|subscription|webhook|email|mail|notification|message|session|migration|payout|checkout|ticket|shipment|membership|invitation|invite|reservation|hold|coupon|campaign|user|account|profile|customer|wallet|plan|product|price|transaction|ledger|feedback|report_abuse|conversation|chat|friend|lead|worker|node|device|server|api_key|key|domain|lock|lease|outbox|audit|log|event|refund|charge|debit|credit|purchase|withdrawal|deposit|token_transaction)s?";
  private static final String JOBS =
      ".*(job|task|generation|render|run|execution|transcription|transcript|conversion|export|import|image|video|audio|prediction|inference|enhancement|batch|work|process|scan|analysis|analyses|query|translation|synthesis|training|creation|upscale|request|submission|document|artifact|song|avatar|edit|build|crawl|scrape|mission|workflow|story|book|project|asset|media|photo|clip).*";

  private static final Set<String> PERSON =
      Set.of(
          "await",
          "awaiting",
          "approval",
          "review",
          "reviewing",
          "moderation",
          "human",
          "hold",
          "paused",
          "needs",
          "confirm",
          "confirmation",
          "manual",
          "requires",
          "blocked",
          "input",
          "action",
          "user",
          "customer",
          "feedback",
          "suspended",
          "verification",
          "held");
  private static final Set<String> WAITING =
      Set.of(
          "pending",
          "queued",
          "queue",
          "enqueued",
          "created",
          "new",
          "scheduled",
          "waiting",
          "draft",
          "ready",
          "idle",
          "initial",
          "open",
          "accepted",
          "unstarted",
          "todo",
          "received",
          "init",
          "initialized",
          "requested",
          "backlog",
          "planned",
          "registered",
          "submit",
          "delayed",
          "available",
          "retryable",
          "retry");
  private static final Set<String> PROCESSING =
      Set.of(
          "processing",
          "running",
          "progress",
          "inprogress",
          "started",
          "active",
          "working",
          "executing",
          "claimed",
          "leased",
          "locked",
          "picked",
          "busy",
          "dispatched",
          "wip",
          "assigned",
          "dequeued",
          "acquired",
          "in",
          "run",
          "work",
          "process",
          "taken",
          "starting",
          "retrying",
          "submitted",
          "finalizing");
  private static final Set<String> COMPLETED =
      Set.of(
          "completed",
          "complete",
          "succeeded",
          "success",
          "successful",
          "done",
          "finished",
          "processed",
          "generated",
          "published",
          "delivered",
          "ok",
          "succeed",
          "fulfilled",
          "rendered",
          "uploaded",
          "complete_with_warnings",
          "passed");
  private static final Set<String> FAILED =
      Set.of(
          "failed",
          "failure",
          "error",
          "errored",
          "fail",
          "timeout",
          "timedout",
          "timed",
          "aborted",
          "dead",
          "crashed",
          "interrupted",
          "broken",
          "fault",
          "faulted",
          "errors",
          "unsuccessful",
          "discarded",
          "err",
          "lost");
  private static final Set<String> ENDED =
      Set.of(
          "cancelled",
          "canceled",
          "cancel",
          "revoked",
          "expired",
          "skipped",
          "deleted",
          "refunded",
          "archived",
          "rejected",
          "stopped",
          "terminated",
          "killed",
          "ignored",
          "superseded",
          "cancelling",
          "canceling");

  private static final List<String> FAILED_FIRST =
      List.of(
          "failed",
          "failure",
          "fail",
          "error",
          "errored",
          "faulted",
          "aborted",
          "interrupted",
          "crashed",
          "timed_out",
          "timeout",
          "timedout",
          "dead",
          "discarded",
          "cancelled",
          "canceled",
          "terminated",
          "stopped",
          "expired",
          "rejected");

  private Words() {}

  /** A name in snake case, whatever it was spelt in. */
  static String snake(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2")
        .replaceAll("([A-Z]+)([A-Z][a-z])", "$1_$2")
        .replaceAll("[\\s.-]+", "_")
        .toLowerCase(Locale.ROOT);
  }

  /** A name of one thing, from a name of many. */
  static String singular(String name) {
    String word = snake(name);
    if (word.matches(".*(ies)")) {
      return word.substring(0, word.length() - 3) + "y";
    }
    if (word.matches(".*(sses|xes|ches|shes)")) {
      return word.substring(0, word.length() - 2);
    }
    if (word.endsWith("analyses")) {
      return word.substring(0, word.length() - 2) + "is";
    }
    return word.endsWith("s") && !word.endsWith("ss") && !word.endsWith("status")
        ? word.substring(0, word.length() - 1)
        : word;
  }

  /**
   * Whether a text is a label of the code and no prose or name of a person: what isn't is never
   * shown.
   *
   * @param spaced whether words may stand apart, as some spell a status
   */
  static boolean label(String text, boolean spaced) {
    return text.length() <= 60
        && text.matches(
            spaced
                ? "[A-Za-z0-9]+([ _.-][A-Za-z0-9]+){0,4}|-?[0-9]{1,9}"
                : "[A-Za-z0-9]+([_.:/\\\\-]+[A-Za-z0-9]+){0,8}|-?[0-9]{1,9}");
  }

  /** What a status's label means. */
  static Meaning meaning(String label) {
    String word = snake(label.strip());
    List<String> parts = Arrays.asList(word.split("_", -1));
    if (word.matches(
        "cancel(l)?ing|cancel(l)?ation_requested|cancel_requested|stopping|aborting|terminating|stop_requested")) {
      return Meaning.PROCESSING;
    }
    if (word.matches("not_.*|unstarted|unprocessed")) {
      return Meaning.WAITING;
    }
    if (word.matches("(complete|completed|done|finished|succeeded|success)_with_.*")) {
      return Meaning.COMPLETED;
    }
    if (parts.stream().anyMatch(FAILED::contains)) {
      return Meaning.FAILED;
    }
    if (parts.stream().anyMatch(ENDED::contains)) {
      return Meaning.ENDED;
    }
    if (parts.stream().anyMatch(PERSON::contains) && !word.startsWith("in_review_queue")) {
      return Meaning.PERSON;
    }
    if (word.equals("in_queue") || parts.stream().anyMatch(WAITING::contains)) {
      return Meaning.WAITING;
    }
    if (parts.stream().anyMatch(PROCESSING::contains)) {
      return Meaning.PROCESSING;
    }
    if (parts.stream().anyMatch(COMPLETED::contains)) {
      return Meaning.COMPLETED;
    }
    return parts.stream().anyMatch(it -> it.length() > 4 && it.endsWith("ing"))
        ? Meaning.PROCESSING
        : Meaning.UNKNOWN;
  }

  /** How well a label says that a job failed; less is better. */
  static int failedRank(String label) {
    String word = snake(label);
    int exact = FAILED_FIRST.indexOf(word);
    if (exact >= 0) {
      return exact;
    }
    for (int i = 0; i < FAILED_FIRST.size(); i++) {
      if (word.contains(FAILED_FIRST.get(i))) {
        return 50 + i;
      }
    }
    return 100;
  }

  /** Whether a table's name is that of something else than jobs. */
  static boolean otherThanJobs(String table) {
    return singular(table).matches(NOT_JOBS);
  }

  /** Whether a table's name is one that job tables have. */
  static boolean jobs(String table) {
    return snake(table).matches(JOBS);
  }

  /** How well a ledger's kind says that something is given back; 0 is not at all. */
  static int refund(String label) {
    String word = snake(label);
    if (word.matches(".*(refund|chargeback_refund).*")) {
      return word.matches("refund(ed)?|job_refund|.*refund") ? 5 : 4;
    }
    if (word.matches(
        ".*(give_?back|credit_?back|return|revers|revert|restor|compensat|rollback|undo|release|cancel).*")) {
      return 3;
    }
    if (word.matches(".*(adjust|correction|correct).*")) {
      return 2;
    }
    return word.matches(".*(manual|grant|bonus|other|system|credit).*") ? 1 : 0;
  }

  /** Whether a ledger's kind says that tokens were taken for work. */
  static boolean charge(String label) {
    return snake(label)
            .matches(
                ".*(spend|spent|charge|debit|usage|use|consum|deduct|job|generation|cost|payment_for|burn).*")
        && refund(label) < 2;
  }
}
