# bash completion for drcon: asks drcon itself what may come next.
_drcon() {
  local word meaning part glue= i prefix=
  local -a words=()
  COMPREPLY=()
  # Bash splits words at colons, which addresses have: they are joined again.
  for ((i = 1; i <= COMP_CWORD; ++i)); do
    part=${COMP_WORDS[i]}
    if (( ${#words[@]} )) && [[ $part == :* || -n $glue ]]; then words[-1]+=$part; else words+=("$part"); fi
    if [[ $part == *: ]]; then glue=1; else glue=; fi
  done
  local current=${words[-1]-}
  while IFS=$'\t' read -r word meaning; do
    case $word in
      :files) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
      :directories) compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <("${COMP_WORDS[0]}" complete -- "${words[@]}" 2> /dev/null)
  # What bash takes for the word begins behind the last colon.
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    prefix=${current%"${current##*:}"}
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
  fi
}
complete -F _drcon drcon
