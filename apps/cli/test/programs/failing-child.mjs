console.error('the key of the house does not fit');
process.exit(3);
