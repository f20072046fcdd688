return {methods = {}}
