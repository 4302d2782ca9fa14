# Sourced by the launcher and by CI: finds a JDK that job-cleanup is built and run with.
# Sets jdk (its home), jdk_version (such as 25.0.1) and jdk_quiet (a flag against warnings about our libraries).

jdk_oldest=21
jdk_newest=25

# Sets jdk_version where $1 is the home of a JDK, not of a runtime alone, and of a fitting version.
jdk_fits() {
  [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  jdk_version=$(sed -n 's/^JAVA_VERSION="\([0-9][0-9.]*\).*/\1/p' "$1/release")
  jdk_major=${jdk_version%%.*}
  [ -n "$jdk_major" ] && [ "$jdk_major" -ge "$jdk_oldest" ] && [ "$jdk_major" -le "$jdk_newest" ]
}

# The home of the java on PATH, where it is a plain file or a chain of links to one.
jdk_on_path() {
  jdk_java=$(command -v java) || return 1
  while [ -h "$jdk_java" ]; do
    jdk_link=$(readlink "$jdk_java")
    case $jdk_link in
      /*) jdk_java=$jdk_link ;;
      *) jdk_java=$(dirname "$jdk_java")/$jdk_link ;;
    esac
  done
  (cd "$(dirname "$jdk_java")/.." && pwd -P)
}

find_jdk() {
  for jdk in "${JAVA_HOME:-}" "$(jdk_on_path || true)" \
    /usr/lib/jvm/* "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/* /opt/java/* /usr/local/openjdk-*; do
    if [ -n "$jdk" ] && jdk_fits "$jdk"; then
      jdk_quiet=
      [ "$jdk_major" -lt 23 ] || jdk_quiet=--sun-misc-unsafe-memory-access=allow
      return 0
    fi
  done
  echo "job-cleanup needs a JDK $jdk_oldest to $jdk_newest, and none was found: install one (for instance from" >&2
  echo "https://adoptium.net or your system's packages), or set JAVA_HOME to the directory of yours." >&2
  return 1
}
