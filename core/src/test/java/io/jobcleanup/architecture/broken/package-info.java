/** Classes that break the borders, one for each rule, to see the rules bite. */
package io.jobcleanup.architecture.broken;
